/**
 * How long a device waits for bytes before it takes a way for blocked, from what it has measured on it:
 * a slow way is not a dead one. In the spirit of RFC 8305 (Happy Eyeballs). Pure; times in ms.
 */

/** The least wait for a first byte where the bytes can come by another way. */
const FIRST_MS = 1_000;
/** The least silence that counts: a stream that has come may pause for a retransmission or two. */
const SILENCE_MS = 3_000;
/** No wait is longer, as no request is. */
const WAIT_MAX_MS = 30_000;
/** A wait is so many times what it usually takes (RFC 6298 has the mean and four deviations). */
const TIMES = 4;
/** What a slow network hands over at once. */
const PIECE_BYTES = 8_192;

/** What is known of one way, and the waits that follow. */
export class Patience {
  #tripMs: number | undefined;
  /** Bytes and the time they took: the older, the less they count. */
  #bytes = 0;
  #ms = 0;

  /** A question was answered after so long. */
  trip(ms: number): void {
    this.#tripMs = this.#tripMs === undefined ? ms : (7 * this.#tripMs + ms) / 8;
  }

  /** So many bytes came, so long after those before them. */
  came(bytes: number, ms: number): void {
    this.#bytes = this.#bytes * 7 / 8 + bytes;
    this.#ms = this.#ms * 7 / 8 + ms;
  }

  /** The round trip as measured; `undefined`: not yet. */
  get tripMs(): number | undefined {
    return this.#tripMs;
  }

  /** How long to wait for a first byte; twice as long after each vain wait. Unmeasured: a silence. */
  firstMs(vain = 0): number {
    return this.#tripMs === undefined
      ? this.silenceMs(vain)
      : grown(Math.max(FIRST_MS, TIMES * this.#tripMs, this.#pieceMs), vain);
  }

  /** How long nothing may come after the last byte; twice as long after each vain wait. */
  silenceMs(vain = 0): number {
    const usualMs = Math.max(this.#tripMs ?? 0, this.#pieceMs);
    return grown(Math.max(SILENCE_MS, TIMES * usualMs), vain);
  }

  /** How long a piece takes, as measured. */
  get #pieceMs(): number {
    return this.#bytes === 0 ? 0 : PIECE_BYTES * this.#ms / this.#bytes;
  }
}

function grown(ms: number, vain: number): number {
  return Math.min(ms * 2 ** vain, WAIT_MAX_MS);
}
