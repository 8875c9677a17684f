/**
 * Rows of a log that follow one another, and what can be said of them without the rows before: so that
 * the segments of a log are checked side by side, and only what they hang together by one after the
 * other.
 */
import { hashBytes, hashData, hashText, readLine } from "../log/mod.ts";
import type { ExportedRow, Sha256 } from "../log/mod.ts";
import { PlainHeader } from "../log/plain_header.ts";
import { PlainRow } from "../log/plain_row.ts";
import { toChecksum, toHex } from "../protocol/mod.ts";
import { ERASED_SALT, erasuresIn } from "./erasure.ts";
import type { Erased } from "./erasure.ts";
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
  /** Rows whose data was erased, and what erasures in this segment say of earlier ones. */
  readonly erased: readonly Erased[];
  readonly erasures: readonly Erased[];
}

/** What a row says of itself. */
interface Header {
  readonly log: unknown;
  readonly seq: unknown;
  readonly stream: unknown;
  readonly version: unknown;
  readonly prev: unknown;
  readonly data: unknown;
  readonly type: unknown;
}

type Difference = Omit<LogFault, "seq">;

/** Read into anew for each row. */
const plain = { row: new PlainRow(), header: new PlainHeader() };

/** A segment, row by row. */
export class Segment {
  readonly #sha256: Sha256;
  readonly #begin: number;
  readonly #marks: ReadonlySet<number>;
  readonly #tree: GrowingTree;
  readonly #streams = new Map<string, StreamSpan>();
  readonly #edges: SegmentEdge[] = [];
  readonly #erased: Erased[] = [];
  readonly #erasures: Erased[] = [];
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
      erased: this.#erased,
      erasures: this.#erasures,
    };
  }

  /** Takes the next line, which is without its end, or says what is wrong with it. Never throws. */
  takeLine(bytes: Uint8Array, from: number, to: number, isEnded: boolean): LogFault | undefined {
    if (this.#takePlain(bytes, from, to)) return undefined;
    const row = readLine(bytes.subarray(from, to), isEnded);
    if (!("broken" in row)) return this.take(row);
    const { broken: what, expected, found } = row;
    return { seq: this.#next, what, expected, found };
  }

  /** Takes the next row, or says what is wrong with it. Never throws. */
  take(row: ExportedRow): LogFault | undefined {
    const seq = this.#next;
    const difference = this.#differenceOf(row, seq);
    return difference && { seq, ...difference };
  }

  /** The `seq` of the next row. */
  get #next(): number {
    return this.#begin + this.#tree.size + 1;
  }

  /** Takes a row that is as nearly all rows are; `false`: it is not, or something is wrong with it. */
  #takePlain(bytes: Uint8Array, from: number, to: number): boolean {
    const { row, header } = plain;
    if (!row.read(bytes, from, to) || !header.read(row.sealed, 1)) return false;
    const hash = toChecksum(this.#sha256(row.sealed));
    if (!row.hasHash(hash) || header.seq !== this.#next) return false;
    if (!header.has("data", toChecksum(this.#sha256(row.salted)))) return false;
    const log = this.#log ?? header.text("log")!;
    if (!header.has("log", log) || header.has("type", "DataErased")) return false;
    const stream = header.text("stream")!;
    const span = this.#streams.get(stream);
    const { version } = header;
    if (span && !(version === span.lastVersion + 1 && header.has("prev", span.lastHash))) {
      return false;
    }
    this.#log = log;
    this.#add(stream, version, span ? span.firstPrev : header.text("prev") ?? null, hash);
    return true;
  }

  #differenceOf(row: ExportedRow, seq: number): Difference | undefined {
    const { bytes, hash } = row;
    if (typeof bytes !== "string") return differs("bytes", "the canonical JSON of a row", bytes);
    const found = hashBytes(bytes, this.#sha256);
    if (found !== hash) return differs("hash", found, hash);
    const header = parse(bytes) as Header | undefined;
    if (!header) return differs("bytes", "the canonical JSON of a row", bytes);
    return this.#misplaced(header, seq) ?? this.#untrue(header, row) ??
      this.#chain(header, row, found);
  }

  #misplaced({ log, seq: said }: Header, seq: number): Difference | undefined {
    if (said !== seq) return differs("seq", seq, said);
    if (typeof log !== "string") return differs("log", "the id of a log", log);
    if (this.#log === undefined || log === this.#log) return undefined;
    return differs("log", this.#log, log);
  }

  #untrue({ data: said }: Header, { data, salt }: ExportedRow): Difference | undefined {
    if (typeof data !== "string") return differs("data", "canonical JSON", data);
    // Whether it was erased on record is seen later.
    if (salt === ERASED_SALT) return undefined;
    if (typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) {
      return differs("salt", "32 hexadecimal digits", salt);
    }
    const found = hashData(salt, data, this.#sha256);
    return found === said ? undefined : differs("data", said, found);
  }

  #chain(header: Header, { data, salt }: ExportedRow, hash: string): Difference | undefined {
    const { log, stream, version, prev, type } = header;
    if (typeof stream !== "string") return differs("stream", "the name of a stream", stream);
    if (typeof version !== "number") return differs("version", "a number", version);
    if (prev !== null && typeof prev !== "string") return differs("prev", "a hash", prev);
    const span = this.#streams.get(stream);
    if (span && version !== span.lastVersion + 1) {
      return differs("version", span.lastVersion + 1, version);
    }
    if (span && prev !== span.lastHash) return differs("prev", span.lastHash, prev);
    const text = data as string;
    if (salt === ERASED_SALT) {
      this.#erased.push({ stream, seq: this.#next, kept: hashText(text, this.#sha256) });
    } else if (type === "DataErased") {
      const erasures = erasuresIn(text, stream, this.#next);
      if (!erasures) return differs("data", "the data of DataErased", text);
      this.#erasures.push(...erasures);
    }
    this.#log = log as string;
    this.#add(stream, version, prev, hash);
    return undefined;
  }

  /** The row is the next one of its stream, and a leaf of the tree. */
  #add(stream: string, version: number, prev: string | null, hash: string): void {
    const seq = this.#next;
    const span = this.#streams.get(stream);
    const first = span ?? { firstSeq: seq, firstVersion: version, firstPrev: prev };
    this.#streams.set(stream, { ...first, lastVersion: version, lastHash: hash });
    this.#tree.add(toHex(hash));
    if (this.#marks.has(seq)) {
      this.#edges.push({ rows: this.#tree.size, hashes: [...this.#tree.edge] });
    }
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
