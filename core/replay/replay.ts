/** Decides a log again, row by row in the order of `seq`. Where the rows come from is an adapter's business. */
import type { Models } from "../engine/ports.ts";
import type { Sha256 } from "../log/mod.ts";
import { isDivergence } from "./divergence.ts";
import type { Divergence } from "./divergence.ts";
import { LogOrder } from "./log_order.ts";
import type { StoredCells } from "./read_row.ts";
import { StreamReplay } from "./stream_replay.ts";

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

/** Replays one log. */
export class Replay {
  readonly #streams: StreamReplay;
  readonly #order = new LogOrder();
  #rows = 0;
  #moves = 0;
  #head = "";

  /** `sha256` is the one the log was made with. */
  constructor(sha256: Sha256) {
    this.#streams = new StreamReplay(sha256);
  }

  /** What was gone through so far. */
  get summary(): ReplaySummary {
    const { devices } = this.#streams;
    const { log } = this.#order;
    return { rows: this.#rows, devices, moves: this.#moves, log, head: this.#head };
  }

  /** Takes the next row: the read models it leads to, or where it diverges. */
  take(cells: StoredCells): Models | Divergence {
    const seq = this.#rows + 1;
    const decided = this.#streams.take(cells, seq);
    if (isDivergence(decided)) return decided;
    const misplaced = this.#order.take(decided);
    if (misplaced) return { seq, stream: String(cells.stream), ...misplaced };
    this.#rows = seq;
    this.#moves += decided.moves;
    this.#head = decided.hash;
    return decided.models;
  }

  /** Whether a row was erased, and no row so far says so. */
  get isErasureOwed(): boolean {
    return this.#streams.isErasureOwed;
  }

  /** There are no more rows; where that is a divergence. */
  end(): Divergence | undefined {
    return this.#streams.end();
  }
}
