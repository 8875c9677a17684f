/** How a device says its reports: each at once and once, unless it was asked to have faults. */
import { randomUUID } from "node:crypto";
import type { ReportKind } from "../../core/mod.ts";
import type { DeviceLink } from "./link.ts";
import type { DeviceFaults } from "./options.ts";

/** A report. */
interface Saying {
  readonly kind: ReportKind;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The voice of one device. It outlives a reboot, as does a packet that is late. */
export class Voice {
  readonly #faults: DeviceFaults;
  /** Waits until something else was said. */
  #late: Saying | undefined;

  /** Speaks as the options have it. */
  constructor(faults: DeviceFaults) {
    this.#faults = faults;
  }

  /** Says it over the link; resolves when the engine has acknowledged what was said. */
  async say(link: DeviceLink, kind: ReportKind, payload: Saying["payload"]): Promise<void> {
    const saying = this.#named({ kind, payload });
    const late = this.#late;
    this.#late = this.#isLate(saying) ? saying : undefined;
    for (const now of [this.#late ? undefined : saying, late]) {
      if (now) await this.#send(link, now);
    }
  }

  async #send(link: DeviceLink, { kind, payload }: Saying): Promise<void> {
    await link.report(kind, payload);
    if (this.#faults.reportsTwice) await link.report(kind, payload);
  }

  /** What is said twice is known to be the same by its id. */
  #named({ kind, payload }: Saying): Saying {
    return this.#faults.reportsTwice
      ? { kind, payload: { id: randomUUID(), ...payload } }
      : { kind, payload };
  }

  #isLate({ kind, payload }: Saying): boolean {
    if (!this.#faults.outOfOrder) return false;
    return kind === "progress" || payload.status === "rebooting";
  }
}
