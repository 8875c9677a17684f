/**
 * Rows of a log that follow one another, and what can be said of them without the rows before: so that
 * the segments of a log are checked side by side, and only what they hang together by one after the
 * other.
 */
import { hashBytes, hashData } from "../log/mod.ts";
import type { ExportedRow, Sha256 } from "../log/mod.ts";
import { toHex } from "../protocol/mod.ts";
import { GrowingTree } from "./tree.ts";
import type { TreeHash } from "./tree.ts";

/** The first thing that is wrong with a log. */
export interface LogFault {
  /** The row as counted while reading, from 1. */
  readonly seq: number;
  /** What is wrong: a member of the row, or of what its bytes hold. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** What one stream does in a segment. */
export interface StreamSpan {
  readonly firstSeq: number;
  readonly firstVersion: number;
  readonly firstPrev: string | null;
  readonly lastVersion: number;
  readonly lastHash: string;
}

/** The tree over the first rows of a segment: the hashes of its complete subtrees, largest first. */
export interface SegmentEdge {
  readonly rows: number;
  readonly hashes: readonly TreeHash[];
}

/** What is left to be checked of a segment whose rows are right. */
export interface SegmentSummary {
  /** Rows of the log before it. */
  readonly begin: number;
  readonly rows: number;
  /** The id of the log that every row names. */
  readonly log: string;
  readonly streams: readonly (readonly [stream: string, span: StreamSpan])[];
  /** The tree after so many rows as were asked for, and after the last one. */
  readonly edges: readonly SegmentEdge[];
}

/** What a row says of itself. */
interface Header {
  readonly log: unknown;
  readonly seq: unknown;
  readonly stream: unknown;
  readonly version: unknown;
  readonly prev: unknown;
  readonly data: unknown;
}

type Difference = Omit<LogFault, "seq">;

/** A segment, row by row. */
export class Segment {
  readonly #sha256: Sha256;
  readonly #begin: number;
  readonly #marks: ReadonlySet<number>;
  readonly #tree: GrowingTree;
  readonly #streams = new Map<string, StreamSpan>();
  readonly #edges: SegmentEdge[] = [];
  #log: string | undefined;

  /**
   * `begin`: rows of the log before it, a multiple of as many as a segment has; `marks`: numbers of rows
   * of the log after which the tree is wanted.
   */
  constructor(sha256: Sha256, begin: number, marks: Iterable<number> = []) {
    this.#sha256 = sha256;
    this.#begin = begin;
    this.#marks = new Set(marks);
    this.#tree = new GrowingTree(sha256);
  }

  /** What is left to be checked. */
  get summary(): SegmentSummary {
    const { size: rows } = this.#tree;
    return {
      begin: this.#begin,
      rows,
      log: this.#log ?? "",
      streams: [...this.#streams],
      edges: [...this.#edges, { rows, hashes: this.#tree.edge }],
    };
  }

  /** Takes the next row, or says what is wrong with it. Never throws. */
  take(row: ExportedRow): LogFault | undefined {
    const seq = this.#begin + this.#tree.size + 1;
    const difference = this.#differenceOf(row, seq);
    return difference && { seq, ...difference };
  }

  #differenceOf({ bytes, data, salt, hash }: ExportedRow, seq: number): Difference | undefined {
    if (typeof bytes !== "string") return differs("bytes", "the canonical JSON of a row", bytes);
    const found = hashBytes(bytes, this.#sha256);
    if (found !== hash) return differs("hash", found, hash);
    const header = parse(bytes) as Header | undefined;
    if (!header) return differs("bytes", "the canonical JSON of a row", bytes);
    return this.#misplaced(header, seq) ?? this.#untrue(header, data, salt) ??
      this.#chain(header, seq, found);
  }

  #misplaced({ log, seq: said }: Header, seq: number): Difference | undefined {
    if (said !== seq) return differs("seq", seq, said);
    if (typeof log !== "string") return differs("log", "the id of a log", log);
    this.#log ??= log;
    return log === this.#log ? undefined : differs("log", this.#log, log);
  }

  #untrue({ data: said }: Header, data: unknown, salt: unknown): Difference | undefined {
    if (typeof data !== "string") return differs("data", "canonical JSON", data);
    if (typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) {
      return differs("salt", "32 hexadecimal digits", salt);
    }
    const found = hashData(salt, data, this.#sha256);
    return found === said ? undefined : differs("data", said, found);
  }

  #chain({ stream, version, prev }: Header, seq: number, hash: string): Difference | undefined {
    if (typeof stream !== "string") return differs("stream", "the name of a stream", stream);
    if (typeof version !== "number") return differs("version", "a number", version);
    if (prev !== null && typeof prev !== "string") return differs("prev", "a hash", prev);
    const span = this.#streams.get(stream);
    if (span && version !== span.lastVersion + 1) {
      return differs("version", span.lastVersion + 1, version);
    }
    if (span && prev !== span.lastHash) return differs("prev", span.lastHash, prev);
    const first = span ?? { firstSeq: seq, firstVersion: version, firstPrev: prev };
    this.#streams.set(stream, { ...first, lastVersion: version, lastHash: hash });
    this.#tree.add(toHex(hash));
    if (this.#marks.has(seq)) {
      this.#edges.push({ rows: this.#tree.size, hashes: [...this.#tree.edge] });
    }
    return undefined;
  }
}

function parse(text: string): object | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function differs(what: string, expected: unknown, found: unknown): Difference {
  return { what, expected: shown(expected), found: shown(found) };
}

/** Of what stands there, as much is shown at most. */
function shown(value: unknown): string {
  return String(value).slice(0, 200);
}
