/**
 * The stream between the broker's socket and MQTT.js. It takes the messages out before the library sees
 * them, so that they are acknowledged when they are durable, many at once, and not one by one when a
 * callback returns; and so that none is held that is larger than anybody may send.
 */
import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { PacketScanner } from "../scanner.ts";
import { PUBLISH_BYTES_KEPT, readPublish } from "./publish.ts";
import type { MqttVersion, Publish } from "./publish.ts";

/** Packet types, in the upper four bits of the first byte (MQTT 3.1.1 §2.2.1). */
const PUBLISH = 3;
const PUBACK = 4;
const PINGRESP = 13;
/** The same in every version (MQTT 3.1.1 §3.12, MQTT 5 §3.12). */
const PINGREQ = Uint8Array.of(0xc0, 0);
/** The same in every version (MQTT 3.1.1 §3.14, MQTT 5 §3.14). */
const DISCONNECT = Uint8Array.of(0xe0, 0);
/** Everything else that a broker says is small. */
const PACKET_BYTES_MAX = 65_536;

/** What is done with what the wire takes out. */
export interface WireOptions {
  readonly version: MqttVersion;
  /** Takes a message; the wire must be paused by whoever has too many. */
  onPublish(publish: Publish): void;
}

/** One connection to a broker. */
export class Wire extends Duplex {
  readonly #socket: Socket;
  readonly #inbound: PacketScanner;
  readonly #options: WireOptions;
  /** Who waits for the answers to the pings under way; `undefined`: the library. */
  readonly #pings: ((() => void) | undefined)[] = [];
  #length = 0;

  /** Takes over the socket, which is connected. */
  constructor(socket: Socket, options: WireOptions) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#options = options;
    this.#inbound = new PacketScanner({
      start: (first, length) => this.#start(first, length),
      end: (first, body) => this.#end(first, body),
    });
    // Without it every acknowledgement waits for the peer's delayed ACK (46 ms).
    socket.setNoDelay(true);
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** Acknowledges messages with QoS 1, in this order (MQTT 3.1.1 §4.6). */
  acknowledge(ids: readonly number[]): void {
    if (this.destroyed || ids.length === 0) return;
    const packets = new Uint8Array(4 * ids.length);
    for (const [index, id] of ids.entries()) {
      packets.set([PUBACK << 4, 2, id >> 8, id & 255], 4 * index);
    }
    this.#socket.write(packets);
  }

  /** Calls back when the broker has what was written before: it takes packets one after the other. */
  settle(done: () => void): void {
    if (this.destroyed) return;
    this.#pings.push(done);
    this.#socket.write(PINGREQ);
  }

  /** The library sends a ping: its answer is for the library. */
  noteOwnPing(): void {
    this.#pings.push(undefined);
  }

  /** Whether what the broker says is read now. */
  get isRead(): boolean {
    return !this.#socket.isPaused();
  }

  /** Reads no more from the broker, or goes on. */
  regulate(mayRead: boolean): void {
    if (mayRead) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Leaves in good order: the broker closes the connection then. */
  leave(): void {
    this.#socket.resume();
    this.#socket.end(DISCONNECT);
  }

  /** Everything is pushed as it comes. */
  override _read(): void {}

  override _write(bytes: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(bytes: Uint8Array): void {
    if (this.destroyed) return;
    try {
      this.#inbound.push(bytes);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #start(first: number, length: number): number {
    this.#length = length;
    if (first >> 4 === PUBLISH) return PUBLISH_BYTES_KEPT;
    if (length > PACKET_BYTES_MAX) throw new RangeError(`A packet of ${length} bytes is too large`);
    return length;
  }

  #end(first: number, body: Uint8Array): void {
    if (first >> 4 === PINGRESP) return this.#answer(first, body);
    if (first >> 4 !== PUBLISH) return void this.push(packetOf(first, body));
    this.#options.onPublish(readPublish(first, body, this.#length, this.#options.version));
  }

  /** Pings are answered in their order. */
  #answer(first: number, body: Uint8Array): void {
    const done = this.#pings.shift();
    if (done) done();
    else this.push(packetOf(first, body));
  }
}

/** The packet as it came: what was scanned is put together again. */
function packetOf(first: number, body: Uint8Array): Uint8Array {
  const header = [first];
  for (let left = body.length; header.length === 1 || left > 0; left >>= 7) {
    header.push(left & 127 | (left > 127 ? 128 : 0));
  }
  return Buffer.concat([Uint8Array.from(header), body]);
}
