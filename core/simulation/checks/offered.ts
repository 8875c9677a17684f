/** L1: a task that waits gets its turn: when its device asks or listens, and has nothing else to do. */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";
import type { NaiveDevice, NaiveTask } from "./naive.ts";
import { isBusy, isWait } from "./words.ts";

/** When all is well every device asks at least so often: once an hour, and again if it was not heard. */
const ASKS_EVERY_MS = 2 * 3_600_000;

/** Judges that the engine offers what was ordered. */
export class Offered implements Judge {
  readonly #court: Court;
  #healedAt = Infinity;
  /** When each device last had something to do. */
  readonly #busyAt = new Map<string, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  healed(): void {
    this.#healedAt = this.#court.sight.now;
  }

  beforeRow({ header: { stream } }: SeenRow): void {
    // It had until now: nothing need have been said of it for long.
    this.#noteBusy(this.#court.naive.devices.get(deviceOf(stream)));
  }

  afterRow({ header: { seq, stream }, fact }: SeenRow): void {
    const device = this.#court.naive.devices.get(deviceOf(stream));
    if (!device) return;
    this.#noteBusy(device);
    const isThere = fact.type === "UpdateRequested" ||
      fact.type === "ContactChanged" && fact.data.contact === "listening";
    const waiting = isThere && !device.isRevoked ? waitingOf(device, fact.at) : undefined;
    if (waiting) {
      this.#deny(`Row ${seq} shows that ${device.id} is there, and leaves ${waiting.id}`);
    }
  }

  minute(): void {
    const { naive, sight: { now } } = this.#court;
    if (this.#healedAt === Infinity) return;
    for (const device of naive.devices.values()) {
      const since = Math.max(this.#healedAt, this.#busyAt.get(device.id) ?? 0);
      if (now - since <= ASKS_EVERY_MS || device.isRevoked || this.#court.isDead(device.id)) {
        continue;
      }
      const waiting = waitingOf(device, 0);
      if (waiting) {
        this.#deny(`${device.id} has nothing to do for ${now - since} ms, and ${waiting.id} is`);
      }
    }
  }

  #noteBusy(device: NaiveDevice | undefined): void {
    if (!device?.open.some(({ state }) => isBusy(state))) return;
    this.#busyAt.set(device.id, this.#court.sight.now);
  }

  #deny(sentence: string): void {
    this.#court.deny("L1", `${sentence} waiting.`);
  }
}

/** What waits at that engine time, though nothing else is being done. */
function waitingOf({ open }: NaiveDevice, at: number): NaiveTask | undefined {
  if (open.some(({ state }) => isBusy(state))) return undefined;
  return open.find(({ state, queuedAt, policy }) =>
    isWait(state) && at < queuedAt + policy.expires_in_ms
  );
}
