/**
 * The packets that were taken from a session, by packet id. A connection that breaks may take any
 * number of acknowledgements with it; what the broker then sends again was decided on already.
 */

/** Packet ids have two bytes, so this never holds more than 65,535. */
export class TakenPackets {
  readonly #keys = new Map<number, string>();

  /** The packet is durable. */
  add(id: number, key: string): void {
    this.#keys.set(id, key);
  }

  /** The session is a new one: its packet ids begin again. */
  clear(): void {
    this.#keys.clear();
  }

  /** Whether the last packet of that id was this one. */
  has(id: number, key: string): boolean {
    return this.#keys.get(id) === key;
  }
}
