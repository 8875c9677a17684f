/**
 * Messages that would come again if everything broke now. That an acknowledgement was written does not
 * settle one: a broker that finds its connection broken may throw away what came by it unread.
 */
import { REPORT_IDS_MAX } from "../protocol/limits.ts";

/**
 * A device's state knows its last reports when they come again, and no more: so many of one device
 * may be unsettled, whatever happens to us. A request may leave two facts that know it.
 */
const OF_DEVICE_MAX = REPORT_IDS_MAX / 2;
/** The broker is asked at the latest when it may not have so many acknowledgements. */
const ACKNOWLEDGED_MAX = 1_024;

/** Calls back when the broker has what was written to it before. */
export type AskBroker = (done: () => void) => void;

/** Counts, for each device. */
export class Unsettled {
  readonly #ask: AskBroker;
  readonly #onSettled: () => void;
  readonly #ofDevice = new Map<string, number>();
  #acknowledged: string[] = [];
  #isAsking = false;

  /** `onSettled` is told when more may be taken. */
  constructor(ask: AskBroker, onSettled: () => void) {
    this.#ask = ask;
    this.#onSettled = onSettled;
  }

  /** Whether the broker was asked and has not answered: its answer comes behind other messages. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Whether another message of the device may be taken. */
  hasRoom(device: string): boolean {
    return (this.#ofDevice.get(device) ?? 0) < OF_DEVICE_MAX;
  }

  /** A message of the device was taken. */
  add(device: string): void {
    this.#ofDevice.set(device, (this.#ofDevice.get(device) ?? 0) + 1);
  }

  /** It was acknowledged. */
  acknowledged(device: string): void {
    this.#acknowledged.push(device);
  }

  /** A message of the device would leave nothing if it came again, or will not come again. */
  remove(device: string): void {
    const count = this.#ofDevice.get(device)! - 1;
    if (count > 0) this.#ofDevice.set(device, count);
    else this.#ofDevice.delete(device);
  }

  /** Asks the broker what it has, unless that can wait; `isWaiting`: a message has no room. */
  settle(isWaiting: boolean): void {
    const { length } = this.#acknowledged;
    if (this.#isAsking || length === 0 || !isWaiting && length < ACKNOWLEDGED_MAX) return;
    this.#isAsking = true;
    const settled = this.#acknowledged;
    this.#acknowledged = [];
    this.#ask(() => {
      this.#isAsking = false;
      for (const device of settled) this.remove(device);
      this.#onSettled();
    });
  }
}
