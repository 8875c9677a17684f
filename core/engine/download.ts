/** One download under way, as far as anything shows how it moves. */
import type { Observation } from "../network/mod.ts";
import {
  LEFT_MS,
  MOVED_MS_LEAST,
  MOVED_MS_MOST,
  QUIET_BYTES,
  QUIET_FACTOR,
  QUIET_MS,
  QUIET_MS_FIRST,
} from "../network/parameters.ts";
import type { Transport } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";

/** What is to be observed of a transport. */
export interface Sign {
  readonly by: Transport;
  readonly observation: Observation;
}

/** One attempt at a task. */
export class Download {
  readonly task: string;
  readonly attempt: number;
  #by: Transport;
  /** Bytes that are stored for sure, from the start. */
  #place: number;
  /** Bytes that have arrived and are not told yet, and since when they are counted. */
  #arrived = 0;
  #since: number;
  /** The last sign that something moves. */
  #movedAt: number;
  /** Until when it was told that nothing moved. */
  #stalledUntil = 0;
  /** Until when its device could not be reached. */
  #pausedAt = 0;
  #isCut = false;

  /** Its device asked for bytes from there on. */
  constructor({ id, attempt }: Task, by: Transport, from: number, at: number) {
    this.task = id;
    this.attempt = attempt;
    this.#by = by;
    this.#place = from;
    this.#since = this.#movedAt = at;
  }

  /** By what the bytes were asked for last. */
  get by(): Transport {
    return this.#by;
  }

  /** Whether nothing has shown for long that it moves. */
  isQuiet(at: number): boolean {
    return at - this.#movedAt >= QUIET_MS_FIRST;
  }

  /** Whether it is of that attempt. */
  isOf({ id, attempt }: Task): boolean {
    return this.task === id && this.attempt === attempt;
  }

  /** The device goes on by the other transport; what that says of the one that it leaves. */
  changeTo(by: Transport, from: number, at: number): Sign | undefined {
    const [ms, isTold] = [at - this.#movedAt, this.#stalledUntil > this.#movedAt];
    const left: Sign = { by: this.#by, observation: { kind: "stalled", ms } };
    this.#by = by;
    this.#place = from;
    this.#restart(at);
    return isTold || ms < LEFT_MS ? undefined : left;
  }

  /** The device asks for what follows: so far it has come, unless it begins again there. */
  goesOn(from: number, at: number): Sign | undefined {
    if (from >= this.#place) return this.stored(from, at);
    this.#place = from;
    return this.#restart(at);
  }

  /** So much is stored, at least. */
  stored(place: number, at: number): Sign | undefined {
    const bytes = place - this.#place;
    if (bytes <= 0) return undefined;
    this.#place = place;
    return this.#moved(bytes, at);
  }

  /** So many bytes arrived by themselves, up to that one. */
  arrived(to: number, bytes: number, at: number): Sign | undefined {
    this.#place = Math.max(this.#place, to);
    return this.#moved(bytes, at);
  }

  /** An answer was cut: how long the device needs to come back says nothing of how fast it is. */
  cut(): void {
    this.#isCut = true;
  }

  /** What passes now is nobody's fault. */
  pauses(at: number): void {
    this.#pausedAt = at;
  }

  /** Whether nothing moves; `givenAt`: when a byte was last handed to the network. */
  stalled(
    at: number,
    givenAt: number | undefined,
    bytesPerS: number | null,
  ): Sign | undefined {
    const since = Math.max(this.#movedAt, this.#pausedAt, givenAt ?? 0);
    if (at - since < quietMs(bytesPerS)) return undefined;
    const ms = at - Math.max(since, this.#stalledUntil);
    this.#stalledUntil = at;
    return { by: this.#by, observation: { kind: "stalled", ms } };
  }

  #moved(bytes: number, at: number): Sign | undefined {
    this.#arrived += bytes;
    this.#movedAt = at;
    // What was observed as standing still is not observed twice.
    const since = Math.max(this.#since, this.#stalledUntil);
    if (at - since < MOVED_MS_LEAST) return undefined;
    const [all, isLost] = [this.#arrived, this.#isCut || at - this.#since > MOVED_MS_MOST];
    this.#restart(at);
    const observation = { kind: "moved", bytes: all, ms: at - since } as const;
    return isLost ? undefined : { by: this.#by, observation };
  }

  #restart(at: number): undefined {
    this.#arrived = 0;
    this.#since = this.#movedAt = at;
    this.#stalledUntil = 0;
    this.#isCut = false;
  }
}

function quietMs(bytesPerS: number | null): number {
  if (bytesPerS === null) return QUIET_MS_FIRST;
  const expectedMs = Math.floor(QUIET_BYTES * 1_000 / Math.max(bytesPerS, 1));
  return Math.min(Math.max(QUIET_FACTOR * expectedMs, QUIET_MS), QUIET_MS_FIRST);
}
