/**
 * How long a device may take over what is written to it: who takes nothing is cut, who is slow is not.
 * As over HTTP, what may still lie in buffers below us lengthens the wait.
 */

/** Nothing of it is taken for so long: the device is not there any more. */
export const STALLED_MS = 30_000;
/** The slowest device that is waited for. */
const SLOWEST_BYTES_PER_S = 2_048;
/** No more than so many bytes lengthen the wait. */
const BYTES_MAX = 262_144;

/** The patience with one connection, of which one write is under way at a time. */
export class Patience {
  readonly #stalledMs: number;
  readonly #onEnd: () => void;
  /** When it ends; `undefined`: nothing is being written. */
  #until: number | undefined;
  /** Looks again by itself: a timer for each write would cost more than the write. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onEnd` is called once, when it is at its end. */
  constructor(stalledMs: number, onEnd: () => void) {
    this.#stalledMs = stalledMs;
    this.#onEnd = onEnd;
  }

  /** So many bytes are being written. */
  begin(bytes: number): void {
    const ms = this.#stalledMs + Math.min(bytes, BYTES_MAX) * 1_000 / SLOWEST_BYTES_PER_S;
    this.#until = performance.now() + ms;
    // What is written next may have to wait for less.
    this.#timer ??= setTimeout(() => this.#look(), this.#stalledMs);
  }

  /** They were taken. */
  end(): void {
    this.#until = undefined;
  }

  /** Nothing is written any more. */
  close(): void {
    this.#until = undefined;
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#until === undefined) return;
    const ms = this.#until - performance.now();
    if (ms > 0) this.#timer = setTimeout(() => this.#look(), Math.min(ms, this.#stalledMs));
    else this.#onEnd();
  }
}
