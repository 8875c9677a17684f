/**
 * When a token that was replaced ends, whoever logged in with it must log in again: the device's
 * connections are cut then. In memory only, as no connection outlives the engine.
 */
import type { Device } from "../device/state.ts";
import { CACHE_DEVICES_MAX } from "../protocol/limits.ts";
import { Cache } from "./cache.ts";
import type { Clock } from "./ports.ts";

/** A timer is never set further ahead: platforms cannot hold longer ones. */
const SLEEP_MAX_MS = 3_600_000;

/** A device whose next token to end is waited for. */
interface Waiting {
  /** The instants, the next one first; never empty. */
  ends: readonly number[];
  /** Takes back the timer. */
  readonly takeBack: () => void;
}

/** The ends of tokens that are valid for an overlap. */
export class TokenEnds {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #cut: (device: string) => void;
  readonly #waiting = new Map<string, Waiting>();
  /** The last end for which a device was cut: once is enough. */
  readonly #cutFor = new Cache<number>(CACHE_DEVICES_MAX);
  #isClosed = false;

  /** `now` gives engine time; `cut` ends every connection of a device. */
  constructor(clock: Clock, now: () => number, cut: (device: string) => void) {
    this.#clock = clock;
    this.#now = now;
    this.#cut = cut;
  }

  /**
   * The device is as given since then: its next token to end is waited for. What ended meanwhile, as
   * that took long to be written or read, ends now.
   */
  note({ id, tokens }: Device, since: number): void {
    const after = Math.max(since, this.#cutFor.get(id) ?? 0);
    const ends = tokens.flatMap(({ validUntil }) => validUntil ?? [])
      .filter((end) => end > after).sort((a, b) => a - b);
    const waiting = this.#waiting.get(id);
    const next = waiting?.ends[0];
    // An end that has come is not taken back, though its timer is late.
    if (waiting && next !== undefined && next <= this.#now()) {
      waiting.ends = [next, ...ends.filter((end) => end > next)];
      return;
    }
    waiting?.takeBack();
    this.#waiting.delete(id);
    this.#await(id, ends);
  }

  /** Engine time may have leapt ahead, and timers did not: an end may have come. */
  leapt(): void {
    for (const [id, { ends, takeBack }] of this.#waiting) {
      takeBack();
      this.#await(id, ends);
    }
  }

  /** Nothing is cut any more. */
  close(): void {
    for (const { takeBack } of this.#waiting.values()) takeBack();
    this.#waiting.clear();
    this.#isClosed = true;
  }

  #await(id: string, ends: readonly number[]): void {
    const [next] = ends;
    if (next === undefined || this.#isClosed) return;
    const ms = Math.min(Math.max(next - this.#now(), 0), SLEEP_MAX_MS);
    const takeBack = this.#clock.after(ms, () => this.#come(id, waiting.ends));
    const waiting: Waiting = { ends, takeBack };
    this.#waiting.set(id, waiting);
  }

  #come(id: string, ends: readonly number[]): void {
    this.#waiting.delete(id);
    const [next, ...later] = ends;
    if (next! > this.#now()) return this.#await(id, ends);
    this.#await(id, later);
    this.#cutFor.set(id, next!);
    this.#cut(id);
  }
}
