/** I1: at every prefix of the log a device has at most one task that neither waits nor has ended. */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";
import { isBusy } from "./words.ts";

/** Judges that a device does one thing at a time. */
export class OneActiveTask implements Judge {
  readonly #court: Court;
  /** The active task by device. */
  readonly #active = new Map<string, string>();

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, stream, outcome } }: SeenRow): void {
    const device = deviceOf(stream);
    for (const { task, to, reason } of outcome.moves) {
      const active = this.#active.get(device);
      if (reason === "preempted" && to !== "queued") {
        this.#court.deny("I1", `Row ${seq}: ${task} was preempted and is ${to}, not queued.`);
      }
      if (!isBusy(to)) {
        if (active === task) this.#active.delete(device);
      } else if (active !== undefined && active !== task) {
        this.#court.deny("I1", `Row ${seq}: ${task} is ${to} while ${active} is active.`);
      } else this.#active.set(device, task);
    }
  }
}
