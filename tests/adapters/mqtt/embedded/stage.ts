/** A broker before a recorder, and clients: honest ones by a library, others by bytes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import mqtt from "mqtt";
import type { IClientOptions, MqttClient } from "mqtt";
import { createBroker } from "../../../../adapters/mqtt/mod.ts";
import type { Broker, BrokerOptions } from "../../../../adapters/mqtt/mod.ts";
import { Recorder } from "./recorder.ts";

export const PREFIX = "/ota";
export const tokens = new Map(["a", "b"].map((id) => [id, `token-of-${id}`]));

export interface House {
  broker: Broker;
  engine: Recorder;
  port: number;
  connect(device: string, options?: IClientOptions): Promise<MqttClient>;
  socket(): Promise<RawClient>;
}

/** Resolves with the promise, or fails sooner than a login that does not come (10 s). */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Never came: ${what}`)), 8_000);
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Whether the hash is that of the device's token. */
function authenticate(device: string, hash: string): Promise<boolean> {
  const token = tokens.get(device) ?? "";
  return Promise.resolve(hash === createHash("sha256").update(token).digest("hex"));
}

/** Runs the story; `options` change how the broker is made. */
export async function inHouse(
  story: (house: House) => Promise<void>,
  options: Partial<BrokerOptions> = {},
): Promise<void> {
  const engine = new Recorder();
  const defaults = { host: "127.0.0.1", port: 0, prefix: PREFIX, authenticate };
  const broker = createBroker({ ...defaults, ...options });
  const { port } = await broker.listen(engine);
  const clients: MqttClient[] = [];
  const sockets: RawClient[] = [];
  try {
    await story({
      broker,
      engine,
      port,
      connect: async (device, options = {}) => {
        const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
          username: device,
          password: tokens.get(device) ?? "wrong",
          clientId: device,
          reconnectPeriod: 0,
          connectTimeout: 4_000,
          ...options,
        }, false);
        client.on("error", () => {});
        clients.push(client);
        return client;
      },
      socket: async () => {
        const raw = await RawClient.open(port);
        sockets.push(raw);
        return raw;
      },
    });
  } finally {
    for (const client of clients) await client.endAsync(true);
    for (const socket of sockets) socket.close();
    await broker.close();
  }
}

/** A text as MQTT has it: two bytes of length before it. */
export function text(s: string): number[] {
  const bytes = new TextEncoder().encode(s);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

/** The length as MQTT has it: seven bits in each byte, the lowest first. */
export function packet(first: number, body: readonly number[]): Uint8Array {
  const length: number[] = [];
  for (let left = body.length; length.length === 0 || left > 0; left >>= 7) {
    length.push(left & 127 | (left > 127 ? 128 : 0));
  }
  return Uint8Array.from([first, ...length, ...body]);
}

/** A CONNECT with the device's token. */
export function connectPacket(
  device: string,
  { will, client = device }: { will?: string; client?: string } = {},
): Uint8Array {
  const wills = will === undefined ? [] : [...text(will), ...text("bye")];
  const flags = 0b11000010 | (will === undefined ? 0 : 0b100);
  const names = [...text(client), ...wills, ...text(device), ...text(tokens.get(device)!)];
  return packet(0x10, [...text("MQTT"), 4, flags, 0, 0, ...names]);
}

/** A PUBLISH; `flags` are DUP (8), QoS (2, 4) and RETAIN (1). */
export function publishPacket(
  topic: string,
  payload: string,
  id: number,
  flags: number,
): Uint8Array {
  const ids = flags & 0b0110 ? [id >> 8, id & 255] : [];
  return packet(0x30 | flags, [...text(topic), ...ids, ...new TextEncoder().encode(payload)]);
}

/** Bytes in, bytes out: for what an honest client would never send. */
export class RawClient {
  received: number[] = [];
  closed: Promise<void>;
  readonly #socket: Socket;
  #wake = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on("data", (bytes: Uint8Array) => {
      for (const byte of bytes) this.received.push(byte);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  }

  static async open(port: number): Promise<RawClient> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connectTcp(port, "127.0.0.1", resolve);
    await promise;
    return new RawClient(socket);
  }

  send(...bytes: (number | number[] | Uint8Array)[]): void {
    const parts = bytes.map((b) => typeof b === "number" ? [b] : b);
    this.#socket.write(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
  }

  login(device: string, will?: string): void {
    this.send(connectPacket(device, will === undefined ? {} : { will }));
  }

  publish(topic: string, payload: string, id: number, flags = 0b0010): void {
    this.send(publishPacket(topic, payload, id, flags));
  }

  /** Logs in and waits for the CONNACK; `client` is the client id. */
  async enter(device: string, client = device): Promise<void> {
    this.send(connectPacket(device, { client }));
    assert.deepEqual(await this.bytes(4), [0x20, 2, 0, 0]);
  }

  async subscribe(filter: string, qos: number, id = 1): Promise<void> {
    this.send(packet(0x82, [0, id, ...text(filter), qos]));
    assert.deepEqual(await this.bytes(5), [0x90, 3, 0, id, qos]);
  }

  /** The next message of the broker: its topic's last level and its payload, QoS 0 only. */
  async hears(): Promise<[kind: string, payload: unknown]> {
    const [first, length] = await this.bytes(2);
    assert.equal(first, 0x30);
    const body = Uint8Array.from(await this.bytes(length!));
    const topicEnd = 2 + (body[0]! << 8 | body[1]!);
    const [topic, payload] = [body.subarray(2, topicEnd), body.subarray(topicEnd)]
      .map((bytes) => new TextDecoder().decode(bytes));
    return [topic!.split("/").at(-1)!, JSON.parse(payload!)];
  }

  async bytes(count: number): Promise<number[]> {
    while (this.received.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await soon(promise, `${count} bytes`);
    }
    return this.received.splice(0, count);
  }

  /** Reads nothing any more. */
  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }
}

export function gone(client: MqttClient): Promise<void> {
  return soon(new Promise((resolve) => client.once("close", resolve)), "the cut");
}

/** A report that fits no task. */
export const verify = JSON.stringify({ checksum: `sha256:${"0".repeat(64)}` });
