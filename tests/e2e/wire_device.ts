/**
 * A device that writes MQTT packets byte by byte, as no library would: it repeats them, leaves them
 * without their end, and cuts its connection where it likes. What it hears it acknowledges.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { soon } from "./house.ts";

/** A message as a device gets it, over either transport. */
export interface Told {
  readonly topic: string;
  readonly payload: unknown;
}

/** How a report is published; without DUP and with QoS 1 unless said otherwise. */
export interface Publishing {
  readonly packet: number;
  readonly qos?: 0 | 1 | 2;
  readonly dup?: boolean;
  readonly retain?: boolean;
}

/** Who logs in, where, and with which will. */
export interface Login {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly clientId?: string;
  /** The topic of its will. */
  readonly will?: string;
}

/** Packet types (MQTT 3.1.1 §2.2.1) that are waited for. */
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBCOMP = 7;
export const SUBACK = 9;
export const PINGRESP = 13;

interface Packet {
  readonly type: number;
  readonly body: Uint8Array;
}

const utf8 = new TextEncoder();

/** One connection of a device. */
export class WireDevice implements AsyncDisposable {
  /** What it hears it confirms, unless this is cleared. */
  confirms = true;
  /** Packet ids of what it heard and did not confirm. */
  readonly #owed: number[] = [];
  readonly #socket: Socket;
  readonly #id: string;
  readonly #answers: Packet[] = [];
  readonly #told: Told[] = [];
  #bytes: Uint8Array = new Uint8Array();
  #wake = () => {};
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket, id: string) {
    this.#socket = socket;
    this.#id = id;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  /** Opens a connection and sends CONNECT; the answer is the next CONNACK. */
  static async open({ url, id, token, clientId = id, will }: Login): Promise<WireDevice> {
    const { hostname, port } = new URL(url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(Number(port), hostname, resolve).once("error", reject);
    await soon(promise, "a connection");
    const device = new WireDevice(socket, id);
    const wills = will === undefined ? [] : [...text(will), ...text("{}")];
    const flags = 0b1100_0010 | (will === undefined ? 0 : 0b0000_1100);
    const names = [...text(clientId), ...wills, ...text(id), ...text(token)];
    device.send(packet(0x10, [...text("MQTT"), 4, flags, 0, 0, ...names]));
    return device;
  }

  /** Logs in and subscribes to everything it may hear. */
  static async enter(login: Login): Promise<WireDevice> {
    const device = await WireDevice.open(login);
    assert.deepEqual([...(await device.next(CONNACK)).body], [0, 0]);
    assert.equal(await device.subscribe(`/ota/${login.id}/#`), 1);
    return device;
  }

  /** The QoS that was granted; 128: none. */
  async subscribe(filter: string, qos: 0 | 1 = 1): Promise<number> {
    this.send(packet(0x82, [0, 1, ...text(filter), qos]));
    return (await this.next(SUBACK)).body.at(-1)!;
  }

  send(...packets: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(packets));
  }

  /** The packet of a report. */
  report(kind: string, payload: unknown, how: Publishing): Uint8Array {
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    return this.publish(`/ota/${this.#id}/${kind}`, body, how);
  }

  publish(
    topic: string,
    payload: string | Uint8Array,
    { packet: id, qos = 1, dup = false, retain = false }: Publishing,
  ): Uint8Array {
    const flags = Number(dup) << 3 | qos << 1 | Number(retain);
    const ids = qos === 0 ? [] : [id >> 8, id & 255];
    const bytes = typeof payload === "string" ? utf8.encode(payload) : payload;
    return packet(0x30 | flags, [...text(topic), ...ids, ...bytes]);
  }

  /** The next packet of that type from the broker; other acknowledgements before it are a fault. */
  async next(type: number): Promise<Packet> {
    await this.#until(() => this.#answers.length > 0, `a packet of type ${type}`);
    const first = this.#answers.shift()!;
    assert.equal(first.type, type);
    return first;
  }

  /** What the broker said before it closed the connection: the first packet, if any. */
  async lastWord(): Promise<Packet | undefined> {
    await soon(this.closed, "the end of the connection");
    return this.#answers.shift();
  }

  /** Waits for the acknowledgement of a packet id. */
  async acknowledged(type: number, id: number): Promise<void> {
    assert.deepEqual([...(await this.next(type)).body], [id >> 8, id & 255]);
  }

  /** What it was told so far, and was not asked for yet. */
  get told(): readonly Told[] {
    return this.#told;
  }

  /** The next message. */
  async nextTold(): Promise<Told> {
    await this.#until(() => this.#told.length > 0, "a message");
    return this.#told.shift()!;
  }

  /** So many messages, and no further one before the broker has answered twice more. */
  async hears(count: number): Promise<Told[]> {
    await this.#until(() => this.#told.length >= count, `${count} messages`);
    await this.ping();
    await this.ping();
    return this.#told.splice(0);
  }

  /** Confirms the first so many of what it heard and did not confirm. */
  confirm(count: number): void {
    for (const id of this.#owed.splice(0, count)) this.send(puback(id));
  }

  /** Reads nothing any more, or goes on. */
  regulate(reads: boolean): void {
    if (reads) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Everything sent before it has reached the broker, and everything heard is confirmed. */
  async ping(): Promise<void> {
    this.send(Uint8Array.of(0xc0, 0));
    await this.next(PINGRESP);
  }

  /** Breaks the connection without a word. */
  async cut(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    while (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const closed = this.closed.then(() => assert.fail(`${what}: the connection was closed`));
      await soon(Promise.race([promise, closed]), what);
    }
  }

  #take(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (let end = endOfPacket(this.#bytes); end; end = endOfPacket(this.#bytes)) {
      const [first, body] = [this.#bytes[0]!, this.#bytes.slice(end.body, end.packet)];
      this.#bytes = this.#bytes.slice(end.packet);
      if (first >> 4 === PUBLISH) this.#hear(first, body);
      else this.#answers.push({ type: first >> 4, body });
    }
    this.#wake();
  }

  /** It subscribes with QoS 1 at most: what comes so is confirmed at once. */
  #hear(first: number, body: Uint8Array): void {
    const topicEnd = 2 + (body[0]! << 8 | body[1]!);
    const isConfirmed = (first & 0b0110) > 0;
    if (isConfirmed) this.#owed.push(body[topicEnd]! << 8 | body[topicEnd + 1]!);
    if (this.confirms) this.confirm(this.#owed.length);
    const decoder = new TextDecoder();
    const topic = decoder.decode(body.slice(2, topicEnd));
    const bytes = body.slice(topicEnd + (isConfirmed ? 2 : 0));
    const payload = topic.includes("/chunk/") ? bytes : JSON.parse(decoder.decode(bytes));
    this.#told.push({ topic, payload });
  }
}

function puback(id: number): Uint8Array {
  return packet(0x40, [id >> 8, id & 255]);
}

/** The end of a QoS 2 report. */
export function pubrel(id: number): Uint8Array {
  return packet(0x62, [id >> 8, id & 255]);
}

/** A text as MQTT has it: two bytes of length before it. */
function text(s: string): number[] {
  const bytes = utf8.encode(s);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

/** The length as MQTT has it: seven bits in each byte, the lowest first. */
function packet(first: number, body: readonly number[]): Uint8Array {
  const length: number[] = [];
  for (let left = body.length; length.length === 0 || left > 0; left >>= 7) {
    length.push(left & 127 | (left > 127 ? 128 : 0));
  }
  return Uint8Array.from([first, ...length, ...body]);
}

/** Where the first packet's body begins and where it ends, if all of it is there. */
function endOfPacket(bytes: Uint8Array): { body: number; packet: number } | undefined {
  let [length, body] = [0, 1];
  do {
    if (body >= bytes.length) return undefined;
    length += (bytes[body]! & 127) * 128 ** (body - 1);
  } while (bytes[body++]! > 127);
  return bytes.length >= body + length ? { body, packet: body + length } : undefined;
}
