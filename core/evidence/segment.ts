/**
 * Rows of a log that follow one another, and what can be said of them without the rows before: so that
 * the segments of a log are checked side by side, and only what they hang together by one after the
 * other.
 */
import { erasureIn, hasPersonalHash, PERSONAL_FACTS, readLine } from "../log/mod.ts";
import type { Erased, Erasure, ExportedRow, Sha256 } from "../log/mod.ts";
import { PlainHeader } from "../log/plain_header.ts";
import { PlainRow } from "../log/plain_row.ts";
import { toChecksum, toHex } from "../protocol/mod.ts";
import { checkRow, differs, isFault } from "./row_check.ts";
import type { CheckedRow, RowFault } from "./row_check.ts";
import { GrowingTree } from "./tree.ts";
import type { TreeHash } from "./tree.ts";

/** The first thing that is wrong with a log. */
export interface LogFault extends RowFault {
  /** The row as counted while reading, from 1. */
  readonly seq: number;
  /** It is one of the rows up to this. */
  readonly to?: number;
}

/** What one stream does in a segment. */
export interface StreamSpan {
  readonly firstSeq: number;
  readonly firstVersion: number;
  readonly firstPrev: string | null;
  readonly lastVersion: number;
  /** The hexadecimal digits of the hash of its last row. */
  readonly lastDigits: string;
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
  /** Rows without their personal text, and what facts in this segment say of earlier ones. */
  readonly erased: readonly Erased[];
  readonly erasures: readonly Erasure[];
}

type GrowingSpan = { -readonly [member in keyof StreamSpan]: StreamSpan[member] };

/** Read into anew for each row. */
const plain = { row: new PlainRow(), header: new PlainHeader() };

/** Whether what was read last has a hash of a personal text, which is no part of a plain row. */
function isErasedPlain(): boolean {
  const { row, header } = plain;
  return PERSONAL_FACTS.some((type) => header.has("type", type)) && hasPersonalHash(row.data);
}

/** A segment, row by row. */
export class Segment {
  readonly #sha256: Sha256;
  readonly #begin: number;
  readonly #marks: ReadonlySet<number>;
  readonly #tree: GrowingTree;
  readonly #streams = new Map<string, GrowingSpan>();
  readonly #edges: SegmentEdge[] = [];
  readonly #erased: Erased[] = [];
  readonly #erasures: Erasure[] = [];
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
    const fault = this.#faultOf(row, seq);
    return fault && { seq, ...fault };
  }

  /** The `seq` of the next row. */
  get #next(): number {
    return this.#begin + this.#tree.size + 1;
  }

  /** Takes a row that is as nearly all rows are; `false`: it is not, or something is wrong with it. */
  #takePlain(bytes: Uint8Array, from: number, to: number): boolean {
    const { row, header } = plain;
    if (!row.read(bytes, from, to) || !header.read(row.sealed, 1)) return false;
    const digits = this.#sha256(row.sealed);
    if (!row.hasHash(digits) || header.seq !== this.#next) return false;
    if (!header.hasDigest("data", this.#sha256(row.salted))) return false;
    const log = this.#log ?? header.text("log")!;
    if (!header.has("log", log) || header.has("type", "DataErased")) return false;
    if (isErasedPlain()) return false;
    const stream = header.text("stream")!;
    const span = this.#streams.get(stream);
    const { version } = header;
    if (span && !(version === span.lastVersion + 1 && header.hasDigest("prev", span.lastDigits))) {
      return false;
    }
    this.#log = log;
    this.#add(stream, version, span ? span.firstPrev : header.text("prev") ?? null, digits);
    return true;
  }

  #faultOf(row: ExportedRow, seq: number): RowFault | undefined {
    const checked = checkRow(row, this.#sha256);
    if (isFault(checked)) return checked;
    const { log, stream, version, prev, hash } = checked;
    if (checked.seq !== seq) return differs("seq", seq, checked.seq);
    if (log !== (this.#log ?? log)) return differs("log", this.#log, log);
    const span = this.#streams.get(stream);
    if (span && version !== span.lastVersion + 1) {
      return differs("version", span.lastVersion + 1, version);
    }
    const lastHash = span && toChecksum(span.lastDigits);
    if (lastHash !== undefined && prev !== lastHash) return differs("prev", lastHash, prev);
    const untold = this.#noteErasures(checked);
    if (untold) return untold;
    this.#log = log;
    this.#add(stream, version, prev, toHex(hash));
    return undefined;
  }

  #noteErasures({ stream, seq, version, type, data, isErased }: CheckedRow): RowFault | undefined {
    if (isErased) this.#erased.push({ stream, seq, version });
    if (type !== "DataErased") return undefined;
    const erasure = erasureIn(data, stream, version);
    if (!erasure) return differs("data", "the data of DataErased", data);
    this.#erasures.push(erasure);
    return undefined;
  }

  /** The row is the next one of its stream, and a leaf of the tree. */
  #add(stream: string, version: number, prev: string | null, digits: string): void {
    const seq = this.#next;
    const span = this.#streams.get(stream);
    if (span) {
      span.lastVersion = version;
      span.lastDigits = digits;
    } else {
      const first = { firstSeq: seq, firstVersion: version, firstPrev: prev };
      this.#streams.set(stream, { ...first, lastVersion: version, lastDigits: digits });
    }
    this.#tree.add(digits);
    if (this.#marks.has(seq)) {
      this.#edges.push({ rows: this.#tree.size, hashes: [...this.#tree.edge] });
    }
  }
}
