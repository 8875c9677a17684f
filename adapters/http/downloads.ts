/** Downloads under way, by device: a device that is revoked loses them at once. */
import { Refused } from "./problems.ts";

/** Each holds an open file; a further one of the same device ends its oldest. */
const DEVICE_DOWNLOADS_MAX = 16;

/** One download. */
export interface Download {
  /** Aborted, with a {@link Refused} as the reason, when it may not go on. */
  readonly signal: AbortSignal;
  /** Forgets the download; may be called more than once. */
  end(): void;
}

/** The downloads of all devices. */
export class Downloads {
  readonly #underWay = new Map<string, Set<AbortController>>();

  /** Notes a download of the device, which `end()` must follow. */
  begin(device: string): Download {
    const download = new AbortController();
    const all = this.#underWay.get(device) ?? new Set();
    this.#underWay.set(device, all.add(download));
    const [oldest] = all;
    if (oldest && all.size > DEVICE_DOWNLOADS_MAX) {
      all.delete(oldest);
      oldest.abort(new Refused(503, `A device has ${DEVICE_DOWNLOADS_MAX} downloads at once.`));
    }
    return {
      signal: download.signal,
      end: () => {
        all.delete(download);
        if (all.size === 0 && this.#underWay.get(device) === all) this.#underWay.delete(device);
      },
    };
  }

  /** Cuts every download of the device. */
  disconnect(device: string): void {
    const refused = new Refused(403, `Device ${device} is not registered, or was revoked.`);
    for (const download of [...this.#underWay.get(device) ?? []]) download.abort(refused);
  }

  /** How many devices are downloading. */
  get size(): number {
    return this.#underWay.size;
  }
}
