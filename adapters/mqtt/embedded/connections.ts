/** The connections of devices that have logged in. */
import type { Client } from "aedes";
import type { Guard } from "./guard.ts";

/** A device's connection. */
export interface Connection {
  /** Unique per connection. */
  readonly id: string;
  readonly device: string;
  /** The broker's side of it; aedes keeps its subscriptions by filter. */
  readonly client: Client & { subscriptions: Record<string, { qos: number }> };
  readonly guard: Guard;
}

/** Looked up by the broker's client, and by device in the order of their logins. */
export class Connections {
  readonly #byClient = new Map<Client, Connection>();
  readonly #byDevice = new Map<string, Set<Connection>>();

  /** How many there are. */
  get size(): number {
    return this.#byClient.size;
  }

  /** The connection of a client; `undefined`: it has not logged in, or is gone. */
  of(client: Client | null): Connection | undefined {
    return client ? this.#byClient.get(client) : undefined;
  }

  /** The device's connections, the oldest first. */
  ofDevice(device: string): Connection[] {
    return [...this.#byDevice.get(device) ?? []];
  }

  /** A device has logged in. */
  add(connection: Connection): void {
    this.#byClient.set(connection.client, connection);
    const all = this.#byDevice.get(connection.device) ?? new Set();
    this.#byDevice.set(connection.device, all.add(connection));
  }

  /** The client is gone; which connection that was. */
  remove(client: Client): Connection | undefined {
    const connection = this.#byClient.get(client);
    if (!connection) return undefined;
    this.#byClient.delete(client);
    const all = this.#byDevice.get(connection.device);
    all?.delete(connection);
    if (all?.size === 0) this.#byDevice.delete(connection.device);
    return connection;
  }
}
