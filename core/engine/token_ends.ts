/**
 * When a token that was replaced ends, whoever logged in with it must log in again: the device's
 * connections are cut then. In memory only, as no connection outlives the engine.
 */
import type { Device } from "../device/state.ts";
import type { Clock } from "./ports.ts";

/** A timer is never set further ahead: platforms cannot hold longer ones. */
const SLEEP_MAX_MS = 3_600_000;

/** The ends of tokens that are valid for an overlap. */
export class TokenEnds {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #cut: (device: string) => void;
  /** Takes back the timers that wait. */
  readonly #waiting = new Map<string, () => void>();

  /** `now` gives engine time; `cut` ends every connection of a device. */
  constructor(clock: Clock, now: () => number, cut: (device: string) => void) {
    this.#clock = clock;
    this.#now = now;
    this.#cut = cut;
  }

  /** The device is now as given: its next token to end is waited for. */
  note({ id, tokens }: Device): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
    const ends = tokens.flatMap(({ validUntil }) => validUntil ?? []).filter((e) =>
      e > this.#now()
    );
    if (ends.length > 0) this.#await(id, ends.sort((a, b) => a - b));
  }

  /** Nothing is cut any more. */
  close(): void {
    for (const takeBack of this.#waiting.values()) takeBack();
    this.#waiting.clear();
  }

  #await(id: string, ends: readonly number[]): void {
    const leftMs = ends[0]! - this.#now();
    const timer = this.#clock.after(Math.min(leftMs, SLEEP_MAX_MS), () => {
      if (this.#now() < ends[0]!) return this.#await(id, ends);
      this.#waiting.delete(id);
      this.#cut(id);
      if (ends.length > 1) this.#await(id, ends.slice(1));
    });
    this.#waiting.set(id, timer);
  }
}
