/**
 * The stream between a socket and the broker. It cuts a packet that is too large before anybody
 * holds it, keeps everything behind a CONNECT waiting until the login is decided, and sees which of
 * our messages the device itself has confirmed.
 */
import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { CHUNK_WINDOW_BYTES, PAYLOAD_BYTES_MAX } from "../../../core/mod.ts";
import { Confirmations } from "./confirmations.ts";
import type { OnConfirmed, Sign } from "./confirmations.ts";
import { PacketScanner } from "../scanner.ts";
import { Patience } from "./patience.ts";

/** Packet types, in the upper four bits of the first byte (MQTT 3.1.1 §2.2.1). */
const PUBLISH = 3;
const PUBACK = 4;
const PUBCOMP = 7;
/** Room for topic and packet id beside the payload. */
const PACKET_BYTES_MAX = PAYLOAD_BYTES_MAX + 512;
/** The CONNECT of somebody who has not logged in. */
const CONNECT_BYTES_MAX = 8_192;
/** What our messages have at most, with room for the topic. */
const MESSAGE_BYTES_MAX = 32_768;
/** Of anything longer, which is bytes of an image, only the topic and the packet id matter. */
const CHUNK_HEAD_BYTES = 512;
/**
 * More than a device is given of an image at once: what is below it waits without anybody waiting for
 * it. Beyond it the broker reads no more of what the device says, and holds what it has written.
 */
const WAITING_BYTES_HIGH = CHUNK_WINDOW_BYTES + 131_072;
/** What a device that does not read may leave waiting. */
const WAITING_BYTES_MAX = 1_048_576;

/** How to guard a connection. */
export interface GuardOptions {
  /** Who is not let in within so many milliseconds is cut. */
  readonly loginMs: number;
  /** Who takes nothing of what is written to it for so long is cut; who is slow, later. */
  readonly stalledMs: number;
}

/** One guarded connection. */
export class Guard extends Duplex {
  readonly #socket: Socket;
  readonly #confirmations = new Confirmations();
  readonly #inbound: PacketScanner;
  readonly #outbound: PacketScanner;
  readonly #loginTimer: ReturnType<typeof setTimeout>;
  readonly #patience: Patience;
  #isAdmitted = false;
  #hasConnect = false;
  /** What came behind the CONNECT: no more than one read of the socket, which pauses then. */
  #held: Uint8Array[] = [];

  /** Guards the socket from now on. */
  constructor(socket: Socket, { loginMs, stalledMs }: GuardOptions) {
    super({ allowHalfOpen: false, writableHighWaterMark: WAITING_BYTES_HIGH });
    this.#socket = socket;
    this.#inbound = new PacketScanner({
      start: (first, length) => this.#startInbound(first, length),
      end: (first, kept) => {
        this.#hasConnect = true;
        if (!isConfirmation(first) || kept.length !== 2) return;
        this.#confirmations.confirmed(kept[0]! << 8 | kept[1]!);
      },
    });
    this.#outbound = new PacketScanner({
      start: (first, length) => isConfirmed(first) ? keptOf(length) : 0,
      end: (first, body) => void (isConfirmed(first) && this.#confirmations.sent(body)),
    });
    this.#loginTimer = setTimeout(() => this.destroy(new Error("No login in time")), loginMs);
    this.#patience = new Patience(stalledMs, () => this.destroy(new Error("Nothing was taken")));
    // Without it every acknowledgement waits for the peer's delayed ACK (46 ms).
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** The device has logged in: lets through what it sent meanwhile, and everything from now on. */
  admit(): void {
    clearTimeout(this.#loginTimer);
    this.#isAdmitted = true;
    this.#socket.resume();
    for (const bytes of this.#held.splice(0)) this.#take(bytes);
  }

  /** Expects the message on the wire soon; `done` is called once, at the latest when this is closed. */
  expect(sign: Sign, done: OnConfirmed): void {
    this.#confirmations.expect(sign, done);
  }

  /** Whether the device leaves so much unread that it is better cut. */
  get isStuck(): boolean {
    return this.writableLength + this.#socket.writableLength > WAITING_BYTES_MAX;
  }

  /**
   * Without a size everything that is buffered: aedes reads once for each `readable`, and a stream
   * that gave it the first of several chunks only would leave the others lying for ever.
   */
  override read(size?: number | null): Uint8Array | null {
    if (size !== undefined && size !== null) return super.read(size);
    const parts: Uint8Array[] = [];
    for (let part = super.read(); part !== null; part = super.read()) parts.push(part);
    return parts.length > 1 ? Buffer.concat(parts) : parts[0] ?? null;
  }

  override _read(): void {
    if (this.#isAdmitted || !this.#hasConnect) this.#socket.resume();
  }

  override _write(bytes: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#outbound.push(bytes);
    this.#patience.begin(bytes.length);
    this.#socket.write(bytes, (error) => {
      this.#patience.end();
      done(error);
    });
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
    clearTimeout(this.#loginTimer);
    this.#patience.close();
    this.#held = [];
    this.#socket.destroy();
    this.#confirmations.close();
    done(error);
  }

  #take(bytes: Uint8Array): void {
    if (this.destroyed) return;
    try {
      const end = this.#isAdmitted ? bytes.length : this.#endOfConnect(bytes);
      if (this.#isAdmitted) this.#inbound.push(bytes);
      if (end < bytes.length) this.#held.push(bytes.subarray(end));
      const hasRoom = end === 0 || this.push(bytes.subarray(0, end));
      if (!hasRoom || !this.#isAdmitted && this.#hasConnect) this.#socket.pause();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** How many of the bytes belong to the first packet; the rest is for later. */
  #endOfConnect(bytes: Uint8Array): number {
    return this.#hasConnect ? 0 : this.#inbound.pushPacket(bytes);
  }

  #startInbound(first: number, length: number): number {
    const max = this.#isAdmitted ? PACKET_BYTES_MAX : CONNECT_BYTES_MAX;
    if (length > max) throw new Error(`A packet of ${length} bytes is too large`);
    return isConfirmation(first) ? 2 : 0;
  }
}

/** PUBACK and PUBCOMP: the device has our message. */
function isConfirmation(first: number): boolean {
  return first >> 4 === PUBACK || first >> 4 === PUBCOMP;
}

/** Messages are known by all of their payload; bytes of an image, which may be more, by their topic. */
function keptOf(length: number): number {
  return length > MESSAGE_BYTES_MAX ? CHUNK_HEAD_BYTES : length;
}

/** A PUBLISH that will be confirmed: its QoS is above 0. */
function isConfirmed(first: number): boolean {
  return first >> 4 === PUBLISH && (first & 0b0110) !== 0;
}
