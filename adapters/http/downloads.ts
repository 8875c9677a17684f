/** Downloads under way, by device: a device that is revoked loses them at once. */

/** One download. */
export interface Download {
  /** Aborted when the device may not go on. */
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
    for (const download of [...this.#underWay.get(device) ?? []]) download.abort();
  }

  /** How many devices are downloading. */
  get size(): number {
    return this.#underWay.size;
  }
}
