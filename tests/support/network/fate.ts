/**
 * What happens to one connection, drawn from a seed: by the place in its stream, never by the clock, so
 * that the same bytes meet the same again.
 */
import { hashOf, Random } from "../../../core/simulation/chance/random.ts";
import type { Way } from "./conditions.ts";

/** A connection that is reset is so within its first MiB; small numbers are as likely as large ones. */
const RESET_WITHIN_BYTES = 1_048_576;

/** More often in a row no segment is lost. */
const LOSSES_MAX = 6;

/** The fate of one connection. */
export class Fate {
  readonly #seed: number;
  readonly #luck: number;
  /** The byte of what comes back at which the connection is reset, if it is one of those. */
  readonly resetAt: number;

  /** The same seed and name, the same fate. */
  constructor(seed: number, connection: string) {
    this.#seed = hashOf(seed, connection);
    const random = new Random(this.#seed);
    this.#luck = random.below(1_000_000);
    this.resetAt = random.spread(1, RESET_WITHIN_BYTES);
  }

  /** Whether it is one of those that are reset, of a hundred so many. */
  isReset(percent: number): boolean {
    return this.#luck < percent * 10_000;
  }

  /** How much later than others, up to `jitterMs`, the segment comes that begins with this byte. */
  jitterOf(way: Way, offset: number, jitterMs: number): number {
    return jitterMs === 0 ? 0 : this.#about("jitter", way, offset).between(0, jitterMs);
  }

  /** How often in a row the segment is lost that begins with this byte. */
  lossesOf(way: Way, offset: number, percent: number): number {
    if (percent === 0) return 0;
    const random = this.#about("loss", way, offset);
    let losses = 0;
    while (losses < LOSSES_MAX && random.chance(percent * 10_000)) losses++;
    return losses;
  }

  #about(what: string, way: Way, offset: number): Random {
    return new Random(hashOf(this.#seed, `${what} ${way} ${offset}`));
  }
}
