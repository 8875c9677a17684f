/** L4: when faults stop, whoever is there gets every message that it is owed. */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";
import type { NaiveDevice } from "./naive.ts";
import type { NaiveOwed } from "./naive_owed.ts";

/** Longer than the longest sleep of a device. */
const WITHIN_MS = 86_400_000;

/** Judges that owed messages arrive. */
export class OwedDelivered implements Judge {
  readonly #court: Court;
  /** Devices that are owed something, and since when (simulated time) without a break. */
  readonly #owing = new Map<string, number>();
  #healedAt = Infinity;

  constructor(court: Court) {
    this.#court = court;
  }

  /** Whether nobody who is there is owed anything. */
  get isAtRest(): boolean {
    for (const id of this.#owing.keys()) if (!this.#court.isDead(id)) return false;
    return true;
  }

  healed(): void {
    this.#healedAt = this.#court.sight.now;
  }

  afterRow({ header: { stream } }: SeenRow): void {
    const device = this.#court.naive.devices.get(deviceOf(stream));
    if (!device) return;
    if (![...device.owed.values()].some((one) => mustArrive(device, one))) {
      this.#owing.delete(device.id);
    } else if (!this.#owing.has(device.id)) this.#owing.set(device.id, this.#court.sight.now);
  }

  minute(): void {
    if (this.#healedAt === Infinity) return;
    for (const [id, since] of this.#owing) {
      const waitedMs = this.#court.sight.now - Math.max(since, this.#healedAt);
      if (waitedMs > WITHIN_MS && !this.#court.isDead(id)) this.#deny(id);
    }
  }

  ended(): void {
    for (const id of this.#owing.keys()) if (!this.#court.isDead(id)) this.#deny(id);
  }

  #deny(id: string): void {
    const device = this.#court.naive.devices.get(id) as NaiveDevice;
    const owed = [...device.owed.values()].map(({ task, kind }) => `${kind} of ${task}`).join();
    this.#court.deny("L4", `Device ${id} is there and was not told ${owed}.`);
  }
}

/** Who only fetches shows that it was told to by fetching: nobody else would. */
function mustArrive({ isFetcher }: NaiveDevice, { kind }: NaiveOwed): boolean {
  return !isFetcher || kind !== "metadata";
}
