/**
 * Decides a log again: every row is stepped anew with the fact it holds, sealed anew with its salt,
 * and must come out as the same bytes. Pure; where the rows come from is an adapter's business.
 */
import type { Device } from "../device/state.ts";
import type { Models, StreamHead } from "../engine/ports.ts";
import {
  isDeviceFact,
  isImageFact,
  stepDeviceStream,
  stepEngineStream,
  stepImageStream,
} from "../engine/streams.ts";
import type { StreamStep } from "../engine/streams.ts";
import { canonicalJson, FACT_VERSION, hashBytes, hashData, sealRow } from "../log/mod.ts";
import type { Fact, SealedRow, Sha256 } from "../log/mod.ts";
import { readRow } from "./read_row.ts";
import type { ReadRow, StoredCells } from "./read_row.ts";

/** The first place where the log does not say what deciding it again says. */
export interface Divergence {
  /** The row as counted while reading, from 1. */
  readonly seq: number;
  /** The stream the row says it belongs to. */
  readonly stream: string;
  /** What differs: a column, a member of the row, or the read model. */
  readonly what: string;
  /** What deciding again gives. */
  readonly expected: string;
  /** What stands there. */
  readonly found: string;
}

/** What a replay went through. */
export interface ReplaySummary {
  /** Rows that were decided again. */
  readonly rows: number;
  /** Devices whose streams were folded. */
  readonly devices: number;
  /** Changes of state of all tasks. */
  readonly moves: number;
  /** The id of the log; empty for a log without rows. */
  readonly log: string;
  /** The hash of the last row; empty for a log without rows. */
  readonly head: string;
}

/** Replays one log, row by row in the order of `seq`. */
export class Replay {
  readonly #sha256: Sha256;
  readonly #devices = new Map<string, Device>();
  readonly #heads = new Map<string, StreamHead>();
  #rows = 0;
  #moves = 0;
  #log = "";
  #head = "";
  #epoch = 0;
  #at = 0;

  /** `sha256` is the one the log was made with. */
  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** What was gone through so far. */
  get summary(): ReplaySummary {
    const { size: devices } = this.#devices;
    return {
      rows: this.#rows,
      devices,
      moves: this.#moves,
      log: this.#log,
      head: this.#head,
    };
  }

  /** Takes the next row: the read models it leads to, or where it diverges. */
  take(cells: StoredCells): Models | Divergence {
    const seq = this.#rows + 1;
    const row = readRow(cells);
    if ("what" in row) return { seq, stream: String(cells.stream), ...row };
    const misplaced = this.#misplaced(row, seq);
    if (misplaced) return { seq, stream: row.header.stream, ...misplaced };
    const step = this.#step(row.fact, row.header.stream);
    if (!step) {
      return diverged(row, seq, "fact", "one that changes something", row.fact.type);
    }
    if (!this.#isSame(cells, row, step)) {
      const sealed = this.#seal(row, step);
      const difference = firstDifference(cells, sealed, step, row);
      if (difference) return { seq, stream: sealed.stream, ...difference };
    }
    this.#advance(row, String(cells.hash), step);
    return step.models;
  }

  /** Whether to seal it anew gives the same; where not, or it cannot be told so fast, it is sealed. */
  #isSame(cells: StoredCells, { header, salt, isCanonical }: ReadRow, step: StreamStep): boolean {
    return isCanonical && header.v === FACT_VERSION &&
      cells.seq === header.seq && cells.stream === header.stream &&
      cells.version === header.version &&
      cells.hash === hashBytes(cells.bytes as string, this.#sha256) &&
      header.data === hashData(salt, cells.data as string, this.#sha256) &&
      canonicalJson(step.outcome) === JSON.stringify(header.outcome);
  }

  /** The stream's next place: dense, chained, of this log, by a writer that is not older. */
  #misplaced(
    { header, fact }: ReadRow,
    seq: number,
  ): Omit<Divergence, "seq" | "stream"> | undefined {
    const head = this.#heads.get(header.stream) ?? { version: 0, hash: null };
    const log = this.#rows === 0 && fact.type === "LogCreated" ? fact.data.log_id : this.#log;
    const checks: [string, unknown, unknown, boolean?][] = [
      ["seq", seq, header.seq],
      ["log", log, header.log],
      ["version", head.version + 1, header.version],
      ["prev", head.hash, header.prev],
      ["epoch", `at least ${this.#epoch}`, header.epoch, header.epoch >= this.#epoch],
      ["at", `at least ${this.#at}`, header.at, header.at >= this.#at],
      ["cause", "an earlier row", header.cause, header.cause === null || header.cause < seq],
    ];
    for (const [what, expected, found, fits = expected === found] of checks) {
      if (!fits) return { what, expected: String(expected), found: String(found) };
    }
  }

  #step(fact: Fact, stream: string): StreamStep | undefined {
    try {
      if (isDeviceFact(fact)) return stepDeviceStream(this.#devices.get(stream), fact);
      return isImageFact(fact) ? stepImageStream(fact) : stepEngineStream();
    } catch {
      return undefined;
    }
  }

  #seal({ header, fact, salt }: ReadRow, step: StreamStep): SealedRow {
    const { log, seq, epoch, stream, version, prev, cause } = header;
    const place = { log, seq, epoch, stream, version, prev, cause };
    return sealRow(place, fact, step.outcome, salt, this.#sha256);
  }

  #advance({ header, fact }: ReadRow, hash: string, { models, outcome }: StreamStep): void {
    const { stream, version } = header;
    this.#rows++;
    this.#moves += outcome.moves.length;
    this.#log = header.log;
    this.#head = hash;
    this.#epoch = fact.type === "EngineStarted" ? fact.data.epoch : header.epoch;
    this.#at = header.at;
    this.#heads.set(stream, { version, hash });
    if (models.device) this.#devices.set(stream, models.device);
  }
}

/** Whether a row's take is a divergence. */
export function isDivergence(taken: Models | Divergence): taken is Divergence {
  return "what" in taken;
}

function diverged(
  { header }: ReadRow,
  seq: number,
  what: string,
  expected: string,
  found: string,
): Divergence {
  return { seq, stream: header.stream, what, expected, found };
}

/** The outcome first, as it says most; then each stored text. */
function firstDifference(
  cells: StoredCells,
  sealed: SealedRow,
  { outcome }: StreamStep,
  { header }: ReadRow,
): Omit<Divergence, "seq" | "stream"> | undefined {
  const expected = canonicalJson(outcome);
  const found = canonicalJson(header.outcome);
  if (expected !== found) return { what: "outcome", expected, found };
  for (const column of ["seq", "stream", "version", "bytes", "data", "salt", "hash"] as const) {
    if (cells[column] !== sealed[column]) {
      return { what: column, expected: String(sealed[column]), found: String(cells[column]) };
    }
  }
}
