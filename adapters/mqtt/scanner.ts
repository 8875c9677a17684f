/**
 * Reads MQTT packet boundaries from a stream of bytes (MQTT 3.1.1 §2.2) without holding the packets:
 * of each, only as many bytes are kept as the caller asks for when its length is known.
 */

/** What happens as packets pass. */
export interface PacketEvents {
  /**
   * A fixed header was read; the body of `length` bytes is still to come. Returns how many bytes of
   * the body to keep for `end`. Throws to refuse the packet.
   */
  start(first: number, length: number): number;
  /** The whole packet has passed; `kept` are the first bytes of its body. */
  end(first: number, kept: Uint8Array): void;
}

/** The remaining length has at most four bytes (MQTT 3.1.1 §2.2.3). */
const LENGTH_BYTES_MAX = 4;

/** One direction of one connection. */
export class PacketScanner {
  readonly #events: PacketEvents;
  #first = -1;
  #lengthBytes = 0;
  #length = 0;
  #inBody = false;
  #left = 0;
  #kept = new Uint8Array(0);
  #keptCount = 0;
  #packets = 0;

  /** `events` is told of each packet. */
  constructor(events: PacketEvents) {
    this.#events = events;
  }

  /** @throws {Error} when a packet is refused or malformed; the stream is of no use afterwards. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.pushPacket(bytes.subarray(at));
  }

  /** Reads to the end of the packet at most; how many bytes that were. @throws {Error} as `push` */
  pushPacket(bytes: Uint8Array): number {
    const before = this.#packets;
    let at = 0;
    while (at < bytes.length && this.#packets === before) {
      at = this.#inBody ? this.#body(bytes, at) : this.#header(bytes, at);
    }
    return at;
  }

  #header(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    if (this.#first < 0) {
      this.#first = byte;
      return at + 1;
    }
    this.#length += (byte & 127) * 128 ** this.#lengthBytes++;
    if (byte < 128) this.#begin();
    else if (this.#lengthBytes >= LENGTH_BYTES_MAX) throw new Error("Malformed packet length");
    return at + 1;
  }

  #begin(): void {
    const keep = Math.min(this.#events.start(this.#first, this.#length), this.#length);
    this.#kept = new Uint8Array(keep);
    this.#keptCount = 0;
    this.#left = this.#length;
    this.#inBody = true;
    if (this.#left === 0) this.#finish();
  }

  #body(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    const room = this.#kept.length - this.#keptCount;
    if (room > 0) {
      const part = bytes.subarray(at, Math.min(end, at + room));
      this.#kept.set(part, this.#keptCount);
      this.#keptCount += part.length;
    }
    this.#left -= end - at;
    if (this.#left === 0) this.#finish();
    return end;
  }

  #finish(): void {
    const [first, kept] = [this.#first, this.#kept];
    this.#first = -1;
    this.#length = this.#lengthBytes = 0;
    this.#inBody = false;
    this.#packets++;
    this.#events.end(first, kept);
  }
}
