/** An engine that gives bytes over a real broker and real HTTP, rightly or as wrongly as a test wants. */
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Aedes } from "aedes";
import type { Client, PublishPacket } from "aedes";
import { VirtualDevice } from "../../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceEvent, DeviceOptions } from "../../../adapters/device/mod.ts";
import { checksumOf, soon } from "../../e2e/house.ts";
import { inFolder } from "../../support/folder.ts";

/** A task and its image. */
export interface Offer {
  readonly task: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A part that was asked for over MQTT. */
export interface Asked {
  readonly offer: Offer;
  readonly offset: number;
  readonly length: number;
}

/** What it does other than rightly. */
export interface Ways {
  readonly chunkBytes?: number;
  /** The transport of its offers [mqtt]. */
  readonly transport?: "mqtt" | "http";
  /** Answers a part, instead of sending it; it is the so-many-th that was asked for, from 0. */
  give?(asked: Asked, nth: number, engine: ByteEngine): void;
  /** Answers a range, instead of giving it. */
  answer?(body: Uint8Array<ArrayBuffer>, nth: number, engine: ByteEngine): Response;
}

export class ByteEngine implements AsyncDisposable {
  readonly #ways: Ways;
  readonly #aedes: Aedes;
  readonly #broker: Server;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #clients = new Set<Client>();
  /** What the device is to do now. */
  offer: Offer;
  /** What made way for that, and comes next. */
  #before: Offer | undefined;
  /** What was said to it: the last levels of the topic, and the payload. */
  readonly said: [kind: string, payload: Record<string, unknown>][] = [];
  /** What was asked for over MQTT. */
  readonly parts: [offset: number, length: number][] = [];
  /** What was asked for over HTTP: from, and behind the last byte. */
  readonly ranges: [from: number, to: number][] = [];

  private constructor(offer: Offer, ways: Ways, aedes: Aedes) {
    this.offer = offer;
    this.#ways = ways;
    this.#aedes = aedes;
    this.#broker = createServer((socket) => {
      socket.setNoDelay(true);
      aedes.handle(socket);
    });
    aedes.authorizePublish = (client, packet, done) => {
      done(null);
      if (client) this.#hear(packet);
    };
    aedes.authorizeForward = (_, packet) => "clientId" in packet ? null : packet;
    aedes.on("client", (client) => this.#clients.add(client));
    aedes.on("clientDisconnect", (client) => this.#clients.delete(client));
    const where = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
    this.#http = Deno.serve(where, (request) => this.#range(request));
  }

  static async open(offer: Offer, ways: Ways = {}): Promise<ByteEngine> {
    const aedes = new Aedes();
    await aedes.listen();
    const engine = new ByteEngine(offer, ways, aedes);
    await new Promise<void>((resolve) => engine.#broker.listen(0, "127.0.0.1", resolve));
    return engine;
  }

  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${(this.#broker.address() as AddressInfo).port}`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#http.addr.port}`;
  }

  /** Tells the device something. */
  say(kind: string, payload: object): void {
    this.#publish(kind, JSON.stringify(payload));
  }

  /** Sends bytes as those of that task from that offset on. */
  send(task: string, offset: number, bytes: Uint8Array): void {
    this.#publish(`chunk/${task}/${offset}`, bytes);
  }

  /** Sends what was asked for. */
  give({ offer: { task, bytes }, offset, length }: Asked): void {
    this.send(task, offset, bytes.subarray(offset, offset + length));
  }

  /** Offers something else, and after that again what is offered now. */
  turnTo(offer: Offer): void {
    this.#before = this.offer;
    this.offer = offer;
    this.#offer();
  }

  /** Cuts the device's connection to the broker. */
  cut(): void {
    for (const { conn } of this.#clients) (conn as Socket).destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.shutdown();
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
    await new Promise<void>((resolve) => this.#broker.close(() => resolve()));
  }

  #publish(kind: string, payload: string | Uint8Array): void {
    const topic = `/ota/pump-7/${kind}`;
    const packet = { cmd: "publish", topic, payload, qos: 1, retain: false, dup: false };
    for (const client of this.#clients) {
      client.publish(packet as unknown as PublishPacket, () => {});
    }
  }

  #hear({ topic, payload }: PublishPacket): void {
    const kind = topic.replace("/ota/pump-7/", "");
    if (kind === "gone") return;
    const body = JSON.parse(String(payload));
    this.said.push([kind, body]);
    if (kind === "request") this.#offer();
    if (kind === "chunk/request") this.#give(body.task_id, body.parts);
    if (kind === "chunks/request") this.#digests(body);
    if (kind !== "verify") return;
    const { task, bytes } = this.offer;
    const isRight = body.task_id === task && body.checksum === checksumOf(bytes);
    if (isRight) return this.#succeed(task);
    const { attempt, bad_chunks } = body;
    this.say("retry", { task_id: body.task_id, attempt: attempt + 1, bad_chunks });
  }

  #succeed(task: string): void {
    this.say("success", { task_id: task, version: "2" });
    this.offer = this.#before ?? this.offer;
  }

  #offer(): void {
    const { task, bytes } = this.offer;
    const { chunkBytes = 4_096, transport = "mqtt" } = this.#ways;
    this.say("metadata", {
      ...{ task_id: task, version: "2", attempt: 1, completion: "verified", transport },
      ...{ size: bytes.length, checksum: checksumOf(bytes), chunk_bytes: chunkBytes },
      ...{ url: `${this.httpUrl}/${task}`, chunks_url: `${this.httpUrl}/chunks` },
    });
  }

  #give(task: string, parts: [number, number][]): void {
    const { offer } = this;
    if (task !== offer.task) return this.say("rejected", { code: "unknown_task", task_id: task });
    for (const [offset, length] of parts) {
      const asked = { offer, offset, length };
      const nth = this.parts.push([offset, length]) - 1;
      if (this.#ways.give) this.#ways.give(asked, nth, this);
      else this.give(asked);
    }
  }

  #digests({ task_id, from, count }: { task_id: string; from: number; count: number }): void {
    const { bytes } = this.offer;
    const { chunkBytes: chunk_bytes = 4_096 } = this.#ways;
    const chunks = Array.from({ length: count }, (_, n) => {
      const start = (from + n) * chunk_bytes;
      return checksumOf(bytes.subarray(start, start + chunk_bytes));
    });
    this.say("chunks", { task_id, chunk_bytes, from, chunks });
  }

  #range(request: Request): Response {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
    if (!range) return Response.json({ messages: [] });
    const [from, to] = [Number(range[1]), Number(range[2]) + 1];
    const body = this.offer.bytes.slice(from, to);
    const nth = this.ranges.push([from, to]) - 1;
    return this.#ways.answer?.(body, nth, this) ?? new Response(body, { status: 206 });
  }
}

/** What came of a device, and what it told. */
export interface Story {
  readonly end: DeviceEnd;
  readonly events: readonly DeviceEvent[];
  readonly engine: ByteEngine;
  /** What is stored, byte for byte. */
  readonly stored: Uint8Array;
}

/** A device fetches what the engine offers, to the end of its task. */
export async function fetched(
  offer: Offer,
  ways: Ways = {},
  more: Partial<DeviceOptions> = {},
): Promise<Story> {
  const events: DeviceEvent[] = [];
  await using engine = await ByteEngine.open(offer, ways);
  const { promise, resolve } = Promise.withResolvers<Story>();
  await inFolder(async (folder) => {
    const { mqttUrl, httpUrl } = engine;
    const onEvent = (event: DeviceEvent) => void events.push(event);
    const device = new VirtualDevice({
      ...{ id: "pump-7", token: "t", mqttUrl, httpUrl, folder, onEvent, ...more },
    });
    const off = new AbortController();
    const run = device.run(off.signal);
    run.catch(() => {});
    try {
      const end = await soon(run, "the end of the upgrade", 30_000);
      resolve({ end, events, engine, stored: await Deno.readFile(`${folder}/pump-7.bin`) });
    } finally {
      off.abort(new Error("Switched off"));
      await run.catch(() => {});
    }
  });
  return await promise;
}

/** The changes of the transport of bytes, in words. */
export function switches(events: readonly DeviceEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "switch" ? [`${event.transport}: ${event.reason}`] : []
  );
}
