/** One download under way, as far as anything shows how it moves. */
import type { Observation } from "../network/mod.ts";
import type { Transport } from "../protocol/mod.ts";

/** What moved within a shorter time is told together with what follows. */
const MOVED_MS_MIN = 250;
/** After so long without a sign the device had something else to do. */
const MOVED_MS_MAX = 60_000;
/** So long nothing may move: devices erase and write their flash meanwhile. */
const QUIET_MS = 3_000;
/** What was asked for may be on its way for so long, where nobody knows how fast that is. */
const FIRST_QUIET_MS = 10_000;
/** And this many times as long as it should, where somebody does: of so many bytes. */
/** A way that is left so soon after something moved is only left for a try. */
const LEFT_MS = 1_000;
const QUIET_FACTOR = 2;
const ASKED_BYTES = 65_536;

/** The download of a task. */
export class Download {
  readonly task: string;
  #by: Transport;
  /** Bytes that have arrived for sure. */
  #place: number;
  #placeAt: number;
  /** Until when it was told that nothing moved. */
  #stalledUntil = 0;

  /** Its device asked for bytes from there on. */
  constructor(task: string, by: Transport, from: number, at: number) {
    this.task = task;
    this.#by = by;
    this.#place = from;
    this.#placeAt = at;
  }

  /** By what the bytes were asked for last. */
  get by(): Transport {
    return this.#by;
  }

  /** The device goes on by the other transport; what that says of the one that it leaves. */
  changeTo(
    by: Transport,
    from: number,
    at: number,
  ): { readonly by: Transport; readonly observation: Observation } | undefined {
    const left = {
      by: this.#by,
      observation: { kind: "stalled", ms: at - this.#placeAt },
    } as const;
    const isTold = this.#stalledUntil > this.#placeAt || at - this.#placeAt < LEFT_MS;
    this.#by = by;
    this.#restart(from, at);
    return isTold ? undefined : left;
  }

  /** It has come so far; what is to be observed, if there is anything. */
  moved(place: number, at: number): Observation | undefined {
    const [bytes, ms] = [place - this.#place, at - this.#placeAt];
    if (bytes < 0 || ms > MOVED_MS_MAX) return this.#restart(place, at);
    if (bytes === 0 || ms < MOVED_MS_MIN) return undefined;
    // What was observed as standing still is not observed twice.
    const since = Math.max(this.#placeAt, this.#stalledUntil);
    this.#restart(place, at);
    return { kind: "moved", bytes, ms: at - since };
  }

  /** It has come so far, which is observed otherwise. */
  reached(place: number, at: number): void {
    this.#restart(Math.max(place, this.#place), at);
  }

  /** Whether nothing moves; `givenAt`: when a byte was last handed to the network. */
  stalled(
    at: number,
    givenAt: number | undefined,
    bytesPerS: number | null,
  ): Observation | undefined {
    const since = Math.max(this.#placeAt, givenAt ?? 0);
    if (at - since < quietMs(bytesPerS)) return undefined;
    const ms = at - Math.max(since, this.#stalledUntil);
    this.#stalledUntil = at;
    return { kind: "stalled", ms };
  }

  #restart(place: number, at: number): undefined {
    this.#place = place;
    this.#placeAt = at;
    this.#stalledUntil = 0;
  }
}

function quietMs(bytesPerS: number | null): number {
  if (bytesPerS === null) return FIRST_QUIET_MS;
  const expectedMs = Math.floor(ASKED_BYTES * 1_000 / Math.max(bytesPerS, 1));
  return Math.min(Math.max(QUIET_FACTOR * expectedMs, QUIET_MS), FIRST_QUIET_MS);
}
