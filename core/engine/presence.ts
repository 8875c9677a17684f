/**
 * Who is there: connections, subscriptions and when a device was last heard. In memory only: what
 * of it changes a task becomes a `ContactChanged` fact, everything else is forgotten.
 */
import type { Transport } from "../protocol/mod.ts";
import { GONE_AFTER_MS, HEARD_DEVICES_MAX } from "../protocol/limits.ts";
import { Cache } from "./cache.ts";
import type { Clock } from "./ports.ts";

/** Devices that a broker has called gone; of more, the first ones count as there again. */
const GONE_DEVICES_MAX = 20_000;
/** Devices that are known to only fetch; of more, the first ones count as behind the broker again. */
const FETCHERS_MAX = 20_000;

/** What is told of a device. */
type Told = "listening" | "gone";

/** Told when a device begins to listen or is gone; false: it could not be taken now. */
export type OnContact = (device: string, contact: Told) => Promise<boolean>;

/** What could not be taken is told again after so long, while it is still true. */
const RETRY_MS = 1_000;

/**
 * Devices behind a broker of somebody else's: their connections are not seen, so all count as listening
 * while the broker can be reached, but for those that it has called gone.
 */
interface Brokered {
  isReachable: boolean;
  readonly gone: Cache<true>;
  /** Not behind it: they only fetch, over HTTP, and are seen for themselves. */
  readonly fetchers: Cache<true>;
}

interface Contact {
  readonly connections: Map<string, { listening: boolean; readonly by: Transport }>;
  /** Takes back the timer that will call the device gone. */
  cancelGone?: (() => void) | undefined;
}

/** The devices that were heard lately. */
export class Presence {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #onContact: OnContact;
  readonly #isGiving: (device: string) => boolean;
  readonly #brokered: Brokered | undefined;
  #closed = false;
  readonly #contacts = new Map<string, Contact>();
  /** When devices were last heard. */
  readonly #heardAt = new Cache<number>(HEARD_DEVICES_MAX);
  /** Takes back the retries that wait. */
  readonly #retries = new Map<string, () => void>();

  /**
   * `now` gives engine time; `isGiving`: whether the device is being given bytes of an image;
   * `isBrokered`: devices are behind a broker of somebody else's.
   */
  constructor(
    clock: Clock,
    now: () => number,
    onContact: OnContact,
    isGiving: (device: string) => boolean,
    isBrokered: boolean,
  ) {
    this.#clock = clock;
    this.#now = now;
    this.#onContact = onContact;
    this.#isGiving = isGiving;
    this.#brokered = isBrokered
      ? {
        isReachable: false,
        gone: new Cache(GONE_DEVICES_MAX),
        fetchers: new Cache(FETCHERS_MAX),
      }
      : undefined;
  }

  /** The broker can be reached, or no longer; `hasForgotten`: nor does it know who is gone. */
  reachable(isReachable: boolean, hasForgotten: boolean): void {
    if (!this.#brokered) return;
    this.#brokered.isReachable = isReachable;
    if (hasForgotten) this.#brokered.gone.clear();
  }

  /** Whether devices can be reached at all: those behind a broker that is not there cannot. */
  get isReachable(): boolean {
    return this.#brokered?.isReachable ?? true;
  }

  /** The broker says that the device is gone; false: not taken yet. */
  async left(device: string): Promise<boolean> {
    this.#brokered?.gone.set(device, true);
    return await this.#onContact(device, "gone");
  }

  /** A connection of the device was opened. */
  connected(device: string, connection: string, by: Transport): void {
    this.#heard(device);
    this.#contact(device).connections.set(connection, { listening: false, by });
    this.#rearm(device);
  }

  /** The connection covers the device's metadata topic, or no longer; false: not taken yet. */
  async listening(device: string, connection: string, listening: boolean): Promise<boolean> {
    const known = this.#contacts.get(device)?.connections.get(connection);
    if (!known) return true;
    known.listening = listening;
    return !listening || await this.#tell(device, "listening");
  }

  /** The connection is closed: one of that kind, if it was known. */
  disconnected(device: string, connection: string): Transport | undefined {
    const connections = this.#contacts.get(device)?.connections;
    const by = connections?.get(connection)?.by;
    if (!connections?.delete(connection)) return undefined;
    this.#heard(device);
    this.#rearm(device);
    return by;
  }

  /** The device was heard without a connection of its own. */
  heard(device: string): void {
    const isBack = this.#brokered?.gone.get(device) ?? false;
    this.#heard(device);
    this.#contact(device);
    this.#rearm(device);
    // What came for it meanwhile was sent to nobody.
    if (isBack && this.isListening(device)) void this.#tell(device, "listening");
  }

  /** The device asked: as clients do that only fetch, or another way. */
  asked(device: string, via: "mqtt" | "http" | "fetch"): void {
    if (via === "fetch") {
      this.#brokered?.fetchers.set(device, true);
      this.heard(device);
    } else if (this.#brokered?.fetchers.get(device)) {
      this.#brokered.fetchers.delete(device);
      this.#rearm(device);
    }
  }

  #isBehindBroker(device: string): boolean {
    return this.#brokered !== undefined && !this.#brokered.fetchers.get(device);
  }

  /** Whether the device has a live subscription or an open long poll; only one of them, if it is said which. */
  isListening(device: string, by?: Transport): boolean {
    if (by !== "http" && this.#isBehindBroker(device) && this.#brokered?.isReachable) {
      if (!this.#brokered.gone.get(device)) return true;
    }
    const connections = this.#contacts.get(device)?.connections.values() ?? [];
    return [...connections].some((one) => one.listening && (by === undefined || one.by === by));
  }

  /** When the device was last heard; `undefined`: not in this run, or long ago. */
  lastHeardAt(device: string): number | undefined {
    const isConnected = (this.#contacts.get(device)?.connections.size ?? 0) > 0;
    return isConnected ? this.#now() : this.#heardAt.get(device);
  }

  /** Forgets everybody; nobody is called gone any more. */
  close(): void {
    for (const { cancelGone } of this.#contacts.values()) cancelGone?.();
    for (const takeBack of this.#retries.values()) takeBack();
    this.#contacts.clear();
    this.#retries.clear();
    this.#closed = true;
  }

  /** Starts the wait for a device that has a task in hand and is not there. */
  expect(device: string): void {
    if (this.#contacts.has(device) || this.#brokered) return;
    this.#contact(device);
    this.#rearm(device);
  }

  #contact(device: string): Contact {
    const contact = this.#contacts.get(device) ?? { connections: new Map() };
    this.#contacts.set(device, contact);
    return contact;
  }

  #heard(device: string): void {
    this.#heardAt.set(device, this.#now());
    this.#brokered?.gone.delete(device);
  }

  async #tell(device: string, told: Told): Promise<boolean> {
    this.#retries.get(device)?.();
    this.#retries.delete(device);
    if (await this.#onContact(device, told)) return true;
    if (this.#closed) return false;
    const again = () => {
      this.#retries.delete(device);
      const isTrue = told === "gone" ? !this.#contacts.has(device) : this.isListening(device);
      if (isTrue) void this.#tell(device, told);
    };
    this.#retries.get(device)?.();
    this.#retries.set(device, this.#clock.after(RETRY_MS, again));
    return false;
  }

  #rearm(device: string): void {
    const contact = this.#contacts.get(device);
    if (!contact || this.#closed) return;
    contact.cancelGone?.();
    // Behind a broker silence says nothing: only a will does.
    if (this.#isBehindBroker(device) && contact.connections.size === 0) {
      return void this.#contacts.delete(device);
    }
    contact.cancelGone = contact.connections.size > 0
      ? undefined
      : this.#clock.after(GONE_AFTER_MS, () => {
        // As long as whoever gives it bytes waits for it, so do we.
        if (this.#isGiving(device)) return this.#rearm(device);
        this.#contacts.delete(device);
        void this.#tell(device, "gone");
      });
  }
}
