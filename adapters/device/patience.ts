/**
 * How long a device waits for bytes before it looks for another way, from what it has measured of this
 * one: a slow way is not a dead one. In the spirit of RFC 8305 (Happy Eyeballs). Pure; times in ms.
 */

/** The least wait for a first byte where the bytes can come by another way. */
const FIRST_MS = 1_000;
/** The least silence that counts: a stream that has come may pause for a retransmission or two. */
const SILENCE_MS = 3_000;
/** No wait is longer. */
const WAIT_MAX_MS = 30_000;
/** A wait is so many times what it usually takes (RFC 6298 has the mean and four deviations). */
const TIMES = 4;
/** And so many times the longest of late: who waited in vain waits twice as long the next time. */
const TIMES_LONGEST = 2;
/** What a slow network hands over at once. */
const PIECE_BYTES = 8_192;

/** What is known of one way, and the waits that follow. */
export class Patience {
  #tripMs: number | undefined;
  /** Bytes and the time they took: the older, the less they count. */
  #bytes = 0;
  #ms = 0;
  /** The longest wait of late: it is forgotten with what comes. */
  #longestMs = 0;

  /** A question was answered after so long. */
  trip(ms: number): void {
    this.#tripMs = this.#tripMs === undefined ? ms : (7 * this.#tripMs + ms) / 8;
  }

  /** So many bytes came, so long after those before them. */
  came(bytes: number, ms: number): void {
    this.#bytes = this.#bytes * 7 / 8 + bytes;
    this.#ms = this.#ms * 7 / 8 + ms;
    this.#longestMs *= 15 / 16;
  }

  /** For so long nothing came, whatever happened then. */
  waited(ms: number): void {
    this.#longestMs = Math.max(this.#longestMs, ms);
  }

  /** The round trip as measured; `undefined`: not yet. */
  get tripMs(): number | undefined {
    return this.#tripMs;
  }

  /** How long to wait for a first byte. Unmeasured: as for any other. */
  get firstMs(): number {
    return this.#tripMs === undefined
      ? this.silenceMs
      : this.#atLeast(FIRST_MS, TIMES * this.#tripMs, this.#pieceMs);
  }

  /** How long nothing may come after the last byte. */
  get silenceMs(): number {
    return this.#atLeast(SILENCE_MS, TIMES * (this.#tripMs ?? 0), TIMES * this.#pieceMs);
  }

  #atLeast(...waits: number[]): number {
    return Math.min(Math.max(...waits, TIMES_LONGEST * this.#longestMs), WAIT_MAX_MS);
  }

  /** How long a piece takes, as measured. */
  get #pieceMs(): number {
    return this.#bytes === 0 ? 0 : PIECE_BYTES * this.#ms / this.#bytes;
  }
}
