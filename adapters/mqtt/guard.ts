/**
 * The stream between a socket and the broker. It cuts a packet that is too large before anybody
 * holds it, and sees which of our messages the device itself has confirmed.
 */
import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { OwedKind } from "../../core/mod.ts";
import { PAYLOAD_BYTES_MAX } from "../../core/mod.ts";
import { PacketScanner } from "./scanner.ts";

/** An owed message as the device's confirmation names it. */
export interface OwedMessage {
  readonly task: string;
  readonly kind: OwedKind;
  readonly attempt: number;
}

/** Packet types, in the upper four bits of the first byte (MQTT 3.1.1 §2.2.1). */
const PUBLISH = 3;
const PUBACK = 4;
const PUBCOMP = 7;
/** Room for topic and packet id beside the payload. */
const PACKET_BYTES_MAX = PAYLOAD_BYTES_MAX + 512;
/** Everything that a connection may send before it has logged in. */
const ANONYMOUS_BYTES_MAX = 8_192;
/** What a device that does not read may leave waiting. */
const WAITING_BYTES_MAX = 1_048_576;
/** Messages on their way to one connection. */
const IN_FLIGHT_MAX = 256;

/** One guarded connection. */
export class Guard extends Duplex {
  /** Set once the device has logged in. */
  authenticated = false;
  readonly #socket: Socket;
  readonly #onDelivered: (message: OwedMessage) => void;
  readonly #inbound: PacketScanner;
  readonly #outbound: PacketScanner;
  #received = 0;
  /** Handed to the broker and not yet seen on the wire. */
  #expected: { payload: string; owed: OwedMessage }[] = [];
  /** On the wire and not yet confirmed, by packet id. */
  readonly #sent = new Map<number, OwedMessage>();

  /** `onDelivered` is told of each owed message that the device confirmed. */
  constructor(socket: Socket, onDelivered: (message: OwedMessage) => void) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#onDelivered = onDelivered;
    this.#inbound = new PacketScanner({
      start: (first, length) => this.#startInbound(first, length),
      end: (first, kept) => this.#endInbound(first, kept),
    });
    this.#outbound = new PacketScanner({
      start: (first, length) => isConfirmed(first) ? length : 0,
      end: (first, kept) => this.#endOutbound(first, kept),
    });
    // Without it every acknowledgement waits for the peer's delayed ACK (46 ms).
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** Expects the payload on the wire soon; its confirmation confirms the owed message. */
  expect(payload: string, owed: OwedMessage): void {
    this.#expected.push({ payload, owed });
    if (this.#expected.length > IN_FLIGHT_MAX) this.#expected.shift();
  }

  /** Whether the device leaves so much unread that it is better cut. */
  get isStuck(): boolean {
    return this.writableLength + this.#socket.writableLength > WAITING_BYTES_MAX;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#outbound.push(bytes);
    this.#socket.write(bytes, done);
  }

  override _writev(
    chunks: { chunk: Uint8Array }[],
    done: (error?: Error | null) => void,
  ): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "", done);
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
    this.#received += bytes.length;
    try {
      if (!this.authenticated && this.#received > ANONYMOUS_BYTES_MAX) {
        throw new Error("Too much before the login");
      }
      this.#inbound.push(bytes);
    } catch (error) {
      return void this.destroy(error as Error);
    }
    if (!this.push(bytes)) this.#socket.pause();
  }

  #startInbound(first: number, length: number): number {
    const max = this.authenticated ? PACKET_BYTES_MAX : ANONYMOUS_BYTES_MAX;
    if (length > max) throw new Error(`A packet of ${length} bytes is too large`);
    return first >> 4 === PUBACK || first >> 4 === PUBCOMP ? 2 : 0;
  }

  #endInbound(first: number, kept: Uint8Array): void {
    if (kept.length < 2 || first >> 4 === PUBLISH) return;
    const id = kept[0]! << 8 | kept[1]!;
    const message = this.#sent.get(id);
    this.#sent.delete(id);
    if (message) this.#onDelivered(message);
  }

  /** A PUBLISH with QoS above 0: topic, packet id, payload (MQTT 3.1.1 §3.3). */
  #endOutbound(first: number, body: Uint8Array): void {
    if (!isConfirmed(first)) return;
    const topicEnd = 2 + (body[0]! << 8 | body[1]!);
    const id = body[topicEnd]! << 8 | body[topicEnd + 1]!;
    const payload = new TextDecoder().decode(body.subarray(topicEnd + 2));
    const index = this.#expected.findIndex((message) => message.payload === payload);
    if (index < 0) return;
    const owed = this.#expected.splice(index, 1)[0]!.owed;
    if (this.#sent.size >= IN_FLIGHT_MAX) this.#sent.clear();
    this.#sent.set(id, owed);
  }
}

function isConfirmed(first: number): boolean {
  return first >> 4 === PUBLISH && (first & 0b0110) !== 0;
}
