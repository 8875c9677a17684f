/** Randomness that can be had again: everything drawn follows from one seed. */

/** Numbers from one seed (mulberry32). */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** One of them. */
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** Runs the story with a fresh seed; a failure names it: `OTALOG_TEST_SEED` has the run again. */
export async function drawn(what: string, story: (draw: Draw) => Promise<void>): Promise<void> {
  const given = Deno.env.get("OTALOG_TEST_SEED");
  const seed = given === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(given);
  try {
    await story(new Draw(seed));
  } catch (cause) {
    throw new Error(`${what} failed. To have it again: OTALOG_TEST_SEED=${seed}`, { cause });
  }
}
