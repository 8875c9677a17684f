/**
 * Knows a PUBLISH that a device sends again because its acknowledgement was lost: DUP set, and packet
 * id and payload of one of the last taken from this client id (PROTOCOL §1, "Repeats").
 */
import type { Packet } from "../device/interpret.ts";

/** Publishes that are remembered for each client id. */
const TAKEN_MAX = 32;
/** Client ids that are remembered. */
const CLIENTS_MAX = 10_000;

/** A packet with what decides whether it is a repeat. */
export interface PublishedPacket {
  readonly dup: boolean;
  readonly qos: number;
  readonly messageId?: number | undefined;
  /** The same for the same packet of this client, and for no other of its last ones. */
  key(id: number): string;
}

interface Taken<T> {
  readonly id: number;
  readonly key: string;
  readonly answer: Promise<T>;
}

/** The last packets of each client id. */
export class Repeats<T> {
  readonly #clients = new Map<string, Taken<T>[]>();

  /** The first one's answer when this is a repeat, else what `take` gives, remembered. */
  once(
    client: string,
    packet: PublishedPacket,
    take: (packet?: Packet) => Promise<T>,
  ): { isRepeat: boolean; answer: Promise<T> } {
    const { qos, messageId: id } = packet;
    if (qos === 0 || id === undefined) return { isRepeat: false, answer: take() };
    const key = packet.key(id);
    const taken = this.#clients.get(client) ?? [];
    const first = taken.find((known) => known.key === key);
    if (first && packet.dup) return { isRepeat: true, answer: first.answer };
    // One from before a restart is not known here; the engine has its key in the log.
    const answer = take({ key, isRepeat: packet.dup });
    this.#remember(client, [{ id, key, answer }, ...taken.filter((known) => known.id !== id)]);
    return { isRepeat: false, answer };
  }

  /** Forgets a packet that was not taken after all. */
  forget(client: string, id: number | undefined): void {
    const taken = this.#clients.get(client)?.filter((known) => known.id !== id);
    if (taken) this.#remember(client, taken);
  }

  #remember(client: string, taken: Taken<T>[]): void {
    this.#clients.delete(client);
    this.#clients.set(client, taken.slice(0, TAKEN_MAX));
    const oldest = this.#clients.keys().next();
    if (this.#clients.size > CLIENTS_MAX && !oldest.done) this.#clients.delete(oldest.value);
  }
}
