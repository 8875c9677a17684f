/** What the rows of all streams have in common: one log, whose writers and whose time go forward only. */
import { differs } from "./divergence.ts";
import type { Difference } from "./divergence.ts";

/** What a row says of that. */
export interface RowOrder {
  /** The id of the log, as the row names it; `undefined`: the same as that of the row before. */
  readonly log?: string;
  readonly epoch: number;
  /** The epoch of the rows after it: a row can begin a new one. */
  readonly nextEpoch: number;
  /** Engine time. */
  readonly at: number;
}

/** The rows of a log, one after the other. */
export class LogOrder {
  #log: string | undefined;
  #epoch = 0;
  #at = 0;

  /** The id of the log; empty for one without rows. */
  get log(): string {
    return this.#log ?? "";
  }

  /** Takes the next row, or says what is wrong with it. */
  take({ log, epoch, nextEpoch, at }: RowOrder): Difference | undefined {
    const expected = this.#log ?? log;
    if (log !== undefined && log !== expected) return differs("log", expected, log);
    if (epoch < this.#epoch) return differs("epoch", `at least ${this.#epoch}`, epoch);
    if (at < this.#at) return differs("at", `at least ${this.#at}`, at);
    this.#log = expected;
    this.#epoch = nextEpoch;
    this.#at = at;
    return undefined;
  }
}
