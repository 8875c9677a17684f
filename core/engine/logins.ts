/** Devices that log in: the token that each of them did it with may be one that ends. */
import type { Device } from "../device/state.ts";
import type { Store, StoredDevice } from "./ports.ts";

/** What logins are looked at with. */
export interface LoginsDeps {
  readonly store: Pick<Store, "device">;
  /** The device as it is committed, if that is in memory. */
  cached(id: string): StoredDevice | undefined;
  /** Told of a device that logged in at `since` (engine time). */
  note(device: Device, since: number): void;
  /** Told when the store could not be asked. */
  onFault(error: unknown): void;
}

/** Those who logged in. */
export class Logins {
  readonly #deps: LoginsDeps;
  /** Devices that could not be read then, and when that was. */
  readonly #unread = new Map<string, number>();

  constructor(deps: LoginsDeps) {
    this.#deps = deps;
  }

  /** The device logged in then. */
  async note(id: string, since: number): Promise<void> {
    try {
      const { store, cached } = this.#deps;
      const stored = cached(id) ?? await store.device(id);
      // What was read may be older than what was written meanwhile.
      const { device } = cached(id) ?? stored ?? {};
      if (device) this.#deps.note(device, since);
    } catch (error) {
      this.#unread.set(id, since);
      this.#deps.onFault(error);
    }
  }

  /** The store can be asked again. */
  again(): void {
    const unread = [...this.#unread];
    this.#unread.clear();
    for (const [id, since] of unread) void this.note(id, since);
  }
}
