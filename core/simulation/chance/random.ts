/**
 * Numbers that a seed gives again and again, on any machine: 32-bit integers, and products and quotients
 * of doubles, which IEEE 754 leaves no freedom.
 */

/** FNV-1a over the UTF-16 code units, then mixed as MurmurHash3 ends; an unsigned 32-bit integer. */
export function hashOf(seed: number, text: string): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return (hash ^ hash >>> 16) >>> 0;
}

/** A stream of numbers (mulberry32). */
export class Random {
  #state: number;

  /** The same seed gives the same stream. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let t = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return (t ^ t >>> 14) >>> 0;
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end / 4_294_967_296);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** Like {@link between}, but small numbers are as likely as large ones: each doubling is. */
  spread(low: number, high: number): number {
    let doublings = 0;
    for (let reached = low * 2; reached <= high; reached *= 2) doublings++;
    let from = low;
    for (let left = this.below(doublings + 1); left > 0; left--) from *= 2;
    return this.between(from, Math.min(from * 2, high));
  }

  /** True that many times in a million. */
  chance(ppm: number): boolean {
    return this.below(1_000_000) < ppm;
  }

  /** One of them. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}
