/** The sleep of a machine: nothing runs on it, and its monotonic clock stands still. */
import type { Timeline } from "./timeline.ts";

/** When a machine slept, and whether it does. */
export class Sleep {
  readonly #timeline: Timeline;
  /** All of it, the present sleep to its end included. */
  #totalMs = 0;
  #until = 0;

  /** It is awake. */
  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** It falls asleep for so long from now on. */
  begin(ms: number): void {
    const until = Math.max(this.#until, this.#timeline.now + ms);
    this.#totalMs += until - Math.max(this.#until, this.#timeline.now);
    this.#until = until;
  }

  /** Milliseconds until it wakes up; 0: it is awake. */
  get leftMs(): number {
    return Math.max(0, this.#until - this.#timeline.now);
  }

  /** How long it has slept so far. */
  get sleptMs(): number {
    return this.#totalMs - this.leftMs;
  }

  /** How long it will have slept when it is awake. */
  get totalMs(): number {
    return this.#totalMs;
  }
}
