/**
 * Who is there: connections, subscriptions and when a device was last heard. In memory only: what
 * of it changes a task becomes a `ContactChanged` fact, everything else is forgotten.
 */
import { GONE_AFTER_MS } from "../protocol/limits.ts";
import type { Clock } from "./ports.ts";

/** Told when a device begins to listen or is gone. */
export type OnContact = (device: string, contact: "listening" | "gone") => void;

interface Contact {
  readonly connections: Map<string, { listening: boolean }>;
  heardAt: number;
  /** Takes back the timer that will call the device gone. */
  cancelGone?: (() => void) | undefined;
}

/** The devices that were heard lately. */
export class Presence {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #onContact: OnContact;
  readonly #contacts = new Map<string, Contact>();

  /** `now` gives engine time. */
  constructor(clock: Clock, now: () => number, onContact: OnContact) {
    this.#clock = clock;
    this.#now = now;
    this.#onContact = onContact;
  }

  /** A connection of the device was opened. */
  connected(device: string, connection: string): void {
    this.#touch(device).connections.set(connection, { listening: false });
    this.#rearm(device);
  }

  /** The connection covers the device's metadata topic, or no longer. */
  listening(device: string, connection: string, listening: boolean): void {
    const known = this.#contacts.get(device)?.connections.get(connection);
    if (!known) return;
    known.listening = listening;
    if (listening) this.#onContact(device, "listening");
  }

  /** The connection is closed. */
  disconnected(device: string, connection: string): void {
    if (!this.#contacts.get(device)?.connections.delete(connection)) return;
    this.#touch(device);
    this.#rearm(device);
  }

  /** The device was heard without a connection of its own. */
  heard(device: string): void {
    this.#touch(device);
    this.#rearm(device);
  }

  /** Whether the device has a live subscription or an open long poll. */
  isListening(device: string): boolean {
    const connections = this.#contacts.get(device)?.connections.values() ?? [];
    return [...connections].some((connection) => connection.listening);
  }

  /** When the device was last heard; `undefined`: not lately. */
  lastHeardAt(device: string): number | undefined {
    const contact = this.#contacts.get(device);
    return contact && (contact.connections.size > 0 ? this.#now() : contact.heardAt);
  }

  /** How many devices are connected. */
  get size(): number {
    return this.#contacts.size;
  }

  /** Forgets everybody; nobody is called gone any more. */
  close(): void {
    for (const { cancelGone } of this.#contacts.values()) cancelGone?.();
    this.#contacts.clear();
  }

  /** Starts the wait for devices that had a task in hand when the engine stopped. */
  expect(device: string): void {
    if (!this.#contacts.has(device)) this.heard(device);
  }

  #touch(device: string): Contact {
    const contact = this.#contacts.get(device) ?? { connections: new Map(), heardAt: 0 };
    contact.heardAt = this.#now();
    this.#contacts.set(device, contact);
    return contact;
  }

  #rearm(device: string): void {
    const contact = this.#contacts.get(device);
    if (!contact) return;
    contact.cancelGone?.();
    contact.cancelGone = contact.connections.size > 0
      ? undefined
      : this.#clock.after(GONE_AFTER_MS, () => {
        this.#contacts.delete(device);
        this.#onContact(device, "gone");
      });
  }
}
