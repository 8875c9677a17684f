/** I9: no task that is not being installed yet would take its device back, unless that was allowed. */
import { numberOf } from "../catalogue.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

/** From here on a device cannot be stopped any more. */
const TOO_LATE = new Set(["installing", "rebooting", "confirming"]);

/** Judges that nobody goes back unasked. Simulated versions are `N.0.0`. */
export class NoDowngrade implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  afterRow({ header: { seq, stream } }: SeenRow): void {
    const device = this.#court.naive.devices.get(deviceOf(stream));
    if (!device || device.version === null) return;
    const runs = numberOf(device.version);
    for (const { id, state, policy: { version, allow_downgrade } } of device.open) {
      if (allow_downgrade || TOO_LATE.has(state) || numberOf(version) >= runs) continue;
      const sentence = `${id} (${state}) would bring ${version} to ${device.id}, which runs`;
      this.#court.deny("I9", `Row ${seq}: ${sentence} ${device.version}.`);
    }
  }
}
