/** A device that costs little: raw MQTT on a socket, so that the client is not what is measured. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  completePacket,
  CONNACK,
  connectPacket,
  PacketReader,
  PUBACK,
  PUBLISH,
  publishPacket,
  PUBREL,
  SUBACK,
  subscribePacket,
  takenPacket,
} from "./packets.ts";

/** What a device needs to log in. */
export interface Login {
  readonly id: string;
  readonly token: string;
}

/** A message, and when it came (`performance.now()`). */
export interface Heard {
  readonly at: number;
  readonly payload: string;
}

interface Waiting {
  readonly resolve: (heard: Heard) => void;
  readonly reject: (error: Error) => void;
}

const decoder = new TextDecoder();

/** One connection of a device. */
export class LightDevice {
  readonly #socket: Socket;
  readonly #prefix: string;
  readonly #reader = new PacketReader();
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #heard = new Map<string, Heard[]>();
  #lastId = 0;

  private constructor(socket: Socket, id: string) {
    this.#socket = socket;
    this.#prefix = `/ota/${id}/`;
    socket.setNoDelay(true);
    socket.on(
      "data",
      (bytes: Uint8Array) => this.#reader.push(bytes, (first, body) => this.#take(first, body)),
    );
    socket.on("error", () => {});
    socket.on("close", () => this.#fail());
  }

  /** Connects and logs in. */
  static async connect(url: string, { id, token }: Login): Promise<LightDevice> {
    const { hostname, port } = new URL(url);
    const device = new LightDevice(connect(Number(port), hostname), id);
    device.#socket.write(connectPacket(id, token));
    const { payload } = await device.#next(`${CONNACK}`);
    if (payload.charCodeAt(1) !== 0) throw new Error(`${id} was not let in`);
    return device;
  }

  /** Listens to everything that is for it. */
  async subscribe(): Promise<void> {
    this.#socket.write(subscribePacket(`${this.#prefix}#`));
    await this.#next(`${SUBACK}`);
  }

  /** Publishes at QoS 1; when the PUBACK came. */
  async report(kind: string, payload: string): Promise<number> {
    this.#lastId = this.#lastId % 65_535 + 1;
    this.#socket.write(publishPacket(this.#prefix + kind, payload, this.#lastId));
    return (await this.#next(`${PUBACK} ${this.#lastId}`)).at;
  }

  /** The next message of that kind. */
  hears(kind: string): Promise<Heard> {
    return this.#next(this.#prefix + kind);
  }

  close(): void {
    this.#socket.destroy();
  }

  #next(key: string): Promise<Heard> {
    const heard = this.#heard.get(key)?.shift();
    if (heard) return Promise.resolve(heard);
    if (this.#socket.destroyed) return Promise.reject(new Error(`Cut before ${key}`));
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key);
      if (waiting) waiting.push({ resolve, reject });
      else this.#waiting.set(key, [{ resolve, reject }]);
    });
  }

  #take(first: number, body: Uint8Array): void {
    const type = first >> 4;
    const id = body[0]! << 8 | body[1]!;
    if (type === PUBLISH) return this.#hear(first >> 1 & 3, body);
    if (type === PUBREL) return void this.#socket.write(completePacket(id));
    if (type === PUBACK) return this.#give(`${PUBACK} ${id}`, "");
    this.#give(`${type}`, String.fromCharCode(...body));
  }

  #hear(qos: number, body: Uint8Array): void {
    const end = 2 + (body[0]! << 8 | body[1]!);
    if (qos > 0) this.#socket.write(takenPacket(qos, body[end]! << 8 | body[end + 1]!));
    const payload = decoder.decode(body.subarray(qos > 0 ? end + 2 : end));
    this.#give(decoder.decode(body.subarray(2, end)), payload);
  }

  #give(key: string, payload: string): void {
    const heard = { at: performance.now(), payload };
    const waiting = this.#waiting.get(key);
    const next = waiting?.shift();
    if (waiting?.length === 0) this.#waiting.delete(key);
    if (next) return next.resolve(heard);
    this.#heard.set(key, [...this.#heard.get(key) ?? [], heard]);
  }

  #fail(): void {
    for (const [key, waiting] of this.#waiting) {
      for (const { reject } of waiting) reject(new Error(`Cut before ${key}`));
    }
    this.#waiting.clear();
  }
}
