/** A broker of bytes: it does what a real one cannot be made to do, and sees every byte that comes. */
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { PacketScanner } from "../../../../adapters/mqtt/scanner.ts";
import { soon } from "../../../e2e/house.ts";
import { packet } from "../embedded/stage.ts";

/** Packet types (MQTT 3.1.1 §2.2.1). */
export const CONNECT = 1;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREL = 6;
export const SUBSCRIBE = 8;
export const PINGREQ = 12;
export const DISCONNECT = 14;

export interface Packet {
  readonly type: number;
  readonly first: number;
  readonly body: Uint8Array;
}

/** What is sent when a packet of that type comes; nothing when it is `undefined`. */
export type Manners = Readonly<
  Record<number, ((line: RawLine, packet: Packet) => Uint8Array | undefined | void) | undefined>
>;

/** Takes everything, keeps a session for ever, and grants QoS 1 to every filter. */
const polite: Manners = {
  [CONNECT]: ({ isClean, version }) => {
    const isPresent = isClean ? 0 : 1;
    return packet(0x20, version === 5 ? [isPresent, 0, 0] : [isPresent, 0]);
  },
  [SUBSCRIBE]: (line, { body }) => {
    const granted = line.filters(body).map(() => 1);
    return packet(0x90, [...body.slice(0, 2), ...(line.version === 5 ? [0] : []), ...granted]);
  },
  [PUBLISH]: (_, { first, body }) => {
    const at = 2 + (body[0]! << 8 | body[1]!);
    return packet(first & 4 ? 0x50 : 0x40, [...body.slice(at, at + 2)]);
  },
  [PUBREL]: (_, { body }) => packet(0x70, [...body.slice(0, 2)]),
  [PINGREQ]: () => packet(0xd0, []),
};

/** A connection of a client. */
export class RawLine {
  /** Of CONNECT. */
  version = 0;
  clientId = "";
  isClean = false;
  /** Everything that came, in order, and not taken by `next` yet. */
  readonly packets: Packet[] = [];
  readonly closed: Promise<void>;
  readonly socket: Socket;
  #wake = Promise.withResolvers<void>();

  constructor(socket: Socket, manners: Manners) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    let type = 0;
    const scanner = new PacketScanner({
      start: (first, length) => (type = first >> 4, length),
      end: (first, body) => this.#take({ type, first, body }, manners),
    });
    socket.on("error", () => {});
    socket.on("data", (bytes: Uint8Array) => scanner.push(bytes));
  }

  send(...packets: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(packets));
  }

  /** The next packet of that type; others before it are dropped. */
  async next(type: number): Promise<Packet> {
    return (await this.nextOf(type, 1))[0]!;
  }

  /** The next so many packets of that type. */
  async nextOf(type: number, count: number): Promise<Packet[]> {
    const found: Packet[] = [];
    while (found.length < count) {
      const packet = this.packets.shift();
      if (packet?.type === type) found.push(packet);
      else if (!packet) await soon(this.#wake.promise, `a packet of type ${type}`);
    }
    return found;
  }

  /** The packet ids of the next so many PUBACKs. */
  async acknowledged(count: number): Promise<number[]> {
    const acks = await this.nextOf(PUBACK, count);
    return acks.map(({ body }) => body[0]! << 8 | body[1]!);
  }

  /** The filters of a SUBSCRIBE. */
  filters(body: Uint8Array): string[] {
    const filters: string[] = [];
    for (let at = this.version === 5 ? 3 : 2; at < body.length;) {
      const end = at + 2 + (body[at]! << 8 | body[at + 1]!);
      filters.push(new TextDecoder().decode(body.slice(at + 2, end)));
      at = end + 1;
    }
    return filters;
  }

  #take(packet: Packet, manners: Manners): void {
    if (packet.type === CONNECT) this.#read(packet.body);
    this.packets.push(packet);
    const answer = manners[packet.type]?.(this, packet);
    if (answer) this.send(answer);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #read(body: Uint8Array): void {
    this.version = body[6]!;
    this.isClean = (body[7]! & 2) > 0;
    const at = this.version === 5 ? 11 + body[10]! : 10;
    const end = at + 2 + (body[at]! << 8 | body[at + 1]!);
    this.clientId = new TextDecoder().decode(body.slice(at + 2, end));
  }
}

export class RawBroker implements AsyncDisposable {
  readonly #server: Server;
  readonly #lines: RawLine[] = [];
  #wake = Promise.withResolvers<void>();
  /** Changes from one connection to the next. */
  manners: Manners;

  private constructor(server: Server, manners: Manners) {
    this.#server = server;
    this.manners = manners;
    server.on("connection", (socket) => this.#welcome(socket));
  }

  /** A broker on a free port; `manners` change how it answers. */
  static async open(manners: Manners = {}): Promise<RawBroker> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1", resolve);
    await promise;
    return new RawBroker(server, manners);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections there were. */
  get count(): number {
    return this.#lines.length;
  }

  /** The connection of that number, counted from 0. */
  async line(number: number): Promise<RawLine> {
    while (this.#lines.length <= number) await soon(this.#wake.promise, `connection ${number}`);
    return this.#lines[number]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const { socket } of this.#lines) socket.destroy();
    await promise;
    await Promise.all(this.#lines.map(({ closed }) => closed));
  }

  #welcome(socket: Socket): void {
    this.#lines.push(new RawLine(socket, { ...polite, ...this.manners }));
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
