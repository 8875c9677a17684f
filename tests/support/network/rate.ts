/**
 * What goes through at so many bytes per second, one after the other. Whoever asks has one piece at a
 * time in the queue: so all that ask share fairly, piece by piece.
 */

/** Whoever comes so soon after the last piece was through counts as having waited for that. */
const LATE_MS = 20;

/** A piece that wants through. */
export interface Turn {
  readonly bytes: number;
  /** It is through. */
  readonly go: () => void;
}

/** A bottleneck. */
export class Rate {
  #bytesPerS = Infinity;
  readonly #turns: Turn[] = [];
  /** Since when the first of the queue goes through; otherwise when the last one was. */
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isServing = false;

  /** It holds from now on; at 0 everything waits. */
  become(bytesPerS: number): void {
    if (bytesPerS === this.#bytesPerS) return;
    this.#bytesPerS = bytesPerS;
    this.#since = performance.now();
    this.#serve();
  }

  /** Calls `go` when the piece is through: at once, if nothing is in its way. */
  ask(turn: Turn): void {
    // A queue that is served makes up for a timer that came late; one that was empty hardly does.
    if (this.#turns.push(turn) > 1 || this.#isServing) return;
    this.#since = Math.max(this.#since, performance.now() - LATE_MS);
    this.#serve();
  }

  /** The piece is not wanted any more. */
  withdraw(turn: Turn): void {
    const place = this.#turns.indexOf(turn);
    if (place < 0) return;
    this.#turns.splice(place, 1);
    if (place === 0) this.#serve();
  }

  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    clearTimeout(this.#timer);
    for (let first; (first = this.#turns[0]) && this.#bytesPerS > 0;) {
      const through = this.#since + first.bytes * 1_000 / this.#bytesPerS;
      const waitMs = through - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#serve(), Math.ceil(waitMs));
        break;
      }
      this.#turns.shift();
      this.#since = through;
      first.go();
    }
    this.#isServing = false;
  }
}
