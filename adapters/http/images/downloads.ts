/** Downloads under way, by device: a device that is revoked loses them at once. */
import { Refused } from "../problems.ts";

/** Each holds an open file; a further one of the same device ends its oldest. */
const DEVICE_DOWNLOADS_MAX = 16;

/** One download. */
export interface UnderWay {
  /** Ends it: its device may not go on. */
  refuse(why: Refused): void;
}

/** The downloads of all devices. */
export class Downloads {
  readonly #underWay = new Map<string, Set<UnderWay>>();

  /** Notes a download of the device; `end` must follow. */
  begin(device: string, download: UnderWay): void {
    const all = this.#underWay.get(device) ?? new Set();
    this.#underWay.set(device, all.add(download));
    if (all.size <= DEVICE_DOWNLOADS_MAX) return;
    const [oldest] = all;
    all.delete(oldest!);
    oldest!.refuse(new Refused(503, `A device has ${DEVICE_DOWNLOADS_MAX} downloads at once.`));
  }

  /** Forgets the download; may be called more than once. */
  end(device: string, download: UnderWay): void {
    const all = this.#underWay.get(device);
    if (all?.delete(download) && all.size === 0) this.#underWay.delete(device);
  }

  /** Cuts every download of the device. */
  disconnect(device: string): void {
    const refused = new Refused(403, `Device ${device} is not registered, or was revoked.`);
    for (const download of [...this.#underWay.get(device) ?? []]) download.refuse(refused);
  }

  /** Whether the device has a download that was not cut. */
  isGiving(device: string): boolean {
    return this.#underWay.has(device);
  }

  /** How many devices are downloading. */
  get size(): number {
    return this.#underWay.size;
  }
}
