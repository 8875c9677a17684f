/**
 * Decides the log of another version in the shadow of what was decided: where a row comes out otherwise,
 * its stream is left there, and the others go on.
 */
import type { Sha256 } from "../log/mod.ts";
import { isDivergence } from "./divergence.ts";
import type { Divergence } from "./divergence.ts";
import type { StoredCells } from "./read_row.ts";
import { StreamReplay } from "./stream_replay.ts";

/** So many differences are kept; all are counted. */
const KEPT_MAX = 20;

/** Replays one log to its end, whatever comes out otherwise. */
export class ShadowReplay {
  readonly #streams: StreamReplay;
  readonly #left = new Set<string>();
  readonly #differences: Divergence[] = [];
  #rows = 0;

  /** `sha256` is the one the log was made with. */
  constructor(sha256: Sha256) {
    this.#streams = new StreamReplay(sha256);
  }

  /** How many rows there were so far. */
  get rows(): number {
    return this.#rows;
  }

  /** How many streams came out otherwise. */
  get count(): number {
    return this.#left.size;
  }

  /** The first row of each that did, in their order; the first 20 of them. */
  get differences(): readonly Divergence[] {
    return this.#differences;
  }

  /** Takes the next row, in the order of `seq`. Never throws for what stands in a cell. */
  take(cells: StoredCells): void {
    const seq = ++this.#rows;
    const stream = String(cells.stream);
    if (this.#left.has(stream)) return;
    const decided = this.#streams.take(cells, seq);
    if (isDivergence(decided)) this.#leave(stream, decided);
  }

  /** There are no more rows. */
  end(): void {
    const difference = this.#streams.end();
    if (difference) this.#leave(difference.stream, difference);
  }

  #leave(stream: string, difference: Divergence): void {
    this.#left.add(stream);
    if (this.#differences.length < KEPT_MAX) this.#differences.push(difference);
  }
}
