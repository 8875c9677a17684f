/**
 * Engine time: never goes back and never leaps. Anchored at start to the wall clock or the last row,
 * whichever is later; from then on it follows the monotonic clock (DESIGN §2).
 */
import { CLOCK_STEP_MS } from "../protocol/limits.ts";
import type { Clock } from "./ports.ts";

/** The time that facts are stamped with. */
export class EngineTime {
  readonly #clock: Clock;
  #anchor: number;
  #anchorMonotonic: number;
  #wallOffset: number;
  #steppedMs = 0;

  /** `lastAt`: engine time of the log's last row, 0 for a new log. */
  constructor(clock: Clock, lastAt: number) {
    this.#clock = clock;
    this.#anchorMonotonic = clock.monotonic();
    const wall = clock.wall();
    this.#anchor = Math.max(Math.floor(wall), lastAt);
    this.#wallOffset = wall - this.#anchorMonotonic;
  }

  /** Engine time now, in milliseconds since 1970. */
  now(): number {
    return this.#anchor + Math.floor(this.#clock.monotonic() - this.#anchorMonotonic);
  }

  /** How far the wall clock stepped since that was last on record, in milliseconds. */
  get steppedMs(): number {
    return this.#steppedMs;
  }

  /** So much of it is on record and durable; it may have stepped again meanwhile. */
  stepRecorded(ms: number): void {
    this.#steppedMs -= ms;
  }

  /**
   * How far the wall clock stepped since this was last asked, or 0. A step forward is followed, a
   * step back is not.
   */
  followStep(): number {
    const monotonic = this.#clock.monotonic();
    const offset = this.#clock.wall() - monotonic;
    const step = Math.floor(offset - this.#wallOffset);
    if (Math.abs(step) <= CLOCK_STEP_MS) return 0;
    this.#wallOffset = offset;
    this.#steppedMs += step;
    const now = this.now();
    const wall = Math.floor(this.#clock.wall());
    if (wall > now) {
      this.#anchor = wall;
      this.#anchorMonotonic = monotonic;
    }
    return step;
  }
}
