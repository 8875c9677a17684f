/**
 * The embedded broker: aedes behind a guard on each connection. It logs devices in, keeps each to its
 * own topics and carries reports in and messages out. It decides nothing about them.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Aedes } from "aedes";
import type { AuthenticateError, Client, PublishPacket, Subscription } from "aedes";
import {
  coversMetadata,
  GONE_LEVEL,
  maySubscribe,
  messageQos,
  PAYLOAD_BYTES_MAX,
  publishableKind,
  topicOf,
} from "../../../core/mod.ts";
import { Repeats } from "../../../core/engine/mod.ts";
import type {
  Answer,
  AskInput,
  DeliveredInput,
  EngineApi,
  OutboundChunk,
  OutboundMessage,
  ReportInput,
} from "../../../core/engine/mod.ts";
import type { OwedName } from "../../../core/mod.ts";
import { inputOf } from "../inputs.ts";
import { packetKey } from "../packet_key.ts";
import type { MqttWay } from "../way.ts";
import { ChunkWays } from "./chunk_ways.ts";
import type { OnConfirmed } from "./confirmations.ts";
import { Connections } from "./connections.ts";
import type { Connection } from "./connections.ts";
import { grantedQos } from "./filters.ts";
import { Guard } from "./guard.ts";
import { Logins } from "./logins.ts";
import { STALLED_MS } from "./patience.ts";

/** How to run the broker. */
export interface BrokerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Topic prefix with its leading slash. */
  readonly prefix: string;
  /** Whether the token with this SHA-256 (hexadecimal digits) is the device's and valid now. */
  authenticate(device: string, tokenSha256: string): Promise<boolean>;
  /** Connections at once; further ones are closed as they come. Default 10,000. */
  readonly connectionsMax?: number;
  /** Who has not logged in within so many milliseconds is cut. Default 10 s. */
  readonly loginMs?: number;
}

/** Filters that one client may have. */
const FILTERS_MAX = 16;
/** Connections of one device; a further one closes the oldest. */
const DEVICE_CONNECTIONS_MAX = 8;
/** QoS 2 reports of one connection between PUBLISH and PUBREL: aedes keeps each until then. */
const UNFINISHED_REPORTS_MAX = 32;
const LOGIN_MS = 10_000;
/** The longest that there is: the guard cuts who takes nothing, the broker would cut who is slow. */
const NEVER_MS = 2_147_483_647;

/** The broker and, as the engine sees it, the way to devices. */
export class Broker implements MqttWay {
  readonly #options: BrokerOptions;
  readonly #server: Server;
  readonly #aedes: Aedes;
  readonly #guards = new Set<Guard>();
  readonly #connections = new Connections();
  readonly #chunkWays: ChunkWays;
  readonly #logins: Logins;
  readonly #repeats = new Repeats<Answer>();
  #engine!: EngineApi;

  /** Use {@link createBroker}. */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#logins = new Logins(options.prefix, options.authenticate);
    this.#chunkWays = new ChunkWays(options.prefix);
    this.#aedes = new Aedes({
      connectTimeout: LOGIN_MS,
      drainTimeout: NEVER_MS,
      maxClientsIdLength: 200,
      maxInflightInbound: UNFINISHED_REPORTS_MAX,
      preConnect: (client, packet, done) => {
        this.#logins.prepare(client, packet);
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        void this.#logIn(client, username, password).then((code) =>
          code === 0 ? done(null, true) : done(connackError(code), null)
        );
      },
      authorizePublish: (client, packet, done) => this.#publish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#maySubscribe(client, subscription) ? subscription : null),
      // Reports (they name their client) are for the engine alone, and so are the broker's own.
      authorizeForward: (_, packet) =>
        !("clientId" in packet) && packet.topic.startsWith(`${options.prefix}/`) ? packet : null,
    });
    this.#aedes.on("clientReady", (client) => this.#ready(client));
    this.#aedes.on("subscribe", (_, client) => this.#noteListening(client));
    this.#aedes.on("unsubscribe", (_, client) => this.#noteListening(client));
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = options.connectionsMax ?? 10_000;
  }

  /**
   * Accepts devices for the engine.
   *
   * @throws {Error} when the address cannot be listened on; the sentence says what to do.
   */
  async listen(engine: EngineApi): Promise<{ host: string; port: number }> {
    this.#engine = engine;
    await this.#aedes.listen();
    const { host, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, host, resolve);
    try {
      await promise;
    } catch (error) {
      await this.close();
      throw listenError(`${host}:${port}`, error as NodeJS.ErrnoException);
    }
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  async open(engine: EngineApi): Promise<string> {
    const { host, port } = await this.listen(engine);
    return `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  /** Whether devices are let in. */
  get isUp(): boolean {
    return this.#server.listening;
  }

  /** What comes now is refused by the engine itself, and sent again by the device. */
  hush(): void {}

  /** How many devices are logged in. */
  get connections(): number {
    return this.#connections.size;
  }

  send({ device, message, owed }: OutboundMessage): void {
    const topic = topicOf(this.#options.prefix, device, message.kind);
    for (const { client, guard } of this.#connections.ofDevice(device)) {
      const granted = grantedQos(client.subscriptions, topic);
      if (granted === undefined) continue;
      if (guard.isStuck) {
        guard.destroy();
        continue;
      }
      const payload = JSON.stringify(message.payload);
      const qos = Math.min(granted, messageQos[message.kind]) as 0 | 1 | 2;
      // A message at QoS 0 is never confirmed: it stays owed.
      if (owed && qos > 0) guard.expect({ payload }, this.#delivering(guard, device, owed));
      const packet = { cmd: "publish", topic, payload, qos, retain: false, dup: false } as const;
      client.publish(packet as unknown as PublishPacket, () => {});
    }
  }

  sendChunk(chunk: OutboundChunk): void {
    this.#chunkWays.send(chunk, this.#connections.ofDevice(chunk.device));
  }

  disconnect(device: string): void {
    this.#logins.cut(device);
    for (const { guard } of this.#connections.ofDevice(device)) guard.destroy();
  }

  /** Closes every connection and the listener. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const guard of this.#guards) guard.destroy();
    await Promise.all([closed, new Promise<void>((resolve) => this.#aedes.close(() => resolve()))]);
  }

  #accept(socket: Socket): void {
    const guard: Guard = new Guard(socket, {
      loginMs: this.#options.loginMs ?? LOGIN_MS,
      stalledMs: STALLED_MS,
    });
    this.#guards.add(guard);
    guard.on("error", () => {});
    guard.once("close", () => this.#guards.delete(guard));
    const client: Client = this.#aedes.handle(guard);
    client.on("error", () => {});
    guard.once("close", () => this.#gone(client));
  }

  #delivering(guard: Guard, device: string, { task, kind, attempt }: OwedName): OnConfirmed {
    return (isConfirmed) => {
      const delivered = { kind: "delivered", device, task, message: kind, attempt } as const;
      if (isConfirmed) void this.#deliver(guard, delivered);
    };
  }

  /** What could not be written down is still owed: it is sent again when the device is back. */
  async #deliver(guard: Guard, delivered: DeliveredInput): Promise<void> {
    const answer = await this.#engine.submit(delivered);
    if (!answer.ok && answer.problem.status === 503) guard.destroy();
  }

  /** The CONNACK return code. */
  async #logIn(
    client: Client,
    username: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<number> {
    // Noted at once: a revocation finds it, long before the broker has let it in.
    const login = await this.#logins.decide(client, username, password, (device) => {
      const guard = client.conn as unknown as Guard;
      const known = client as Connection["client"];
      if (!guard.destroyed) {
        this.#connections.add({ id: randomUUID(), device, client: known, guard });
      }
    });
    return "returnCode" in login ? login.returnCode : 0;
  }

  #ready(client: Client): void {
    const connection = this.#connections.of(client);
    if (!connection || connection.guard.destroyed) return;
    const { device, id, guard } = connection;
    const others = this.#connections.ofDevice(device).filter((other) => !other.guard.destroyed);
    for (const old of others.slice(0, -DEVICE_CONNECTIONS_MAX)) old.guard.destroy();
    this.#engine.connected(device, id);
    guard.admit();
  }

  #gone(client: Client): void {
    const connection = this.#connections.remove(client);
    if (!connection) return;
    this.#chunkWays.gone(connection);
    this.#engine.disconnected(connection.device, connection.id);
  }

  /** Queues the report at once, so that a device's order is kept; answers after the commit. */
  #publish(
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ): void {
    const connection = this.#connections.of(client);
    if (!client || !connection) return done(new Error("Not logged in"));
    const { device } = connection;
    // The connection, while it lives, says the contrary; its end will say the same.
    const goneTopic = topicOf(this.#options.prefix, device, GONE_LEVEL);
    if (packet.topic === goneTopic && !packet.retain) return done(null);
    const kind = publishableKind(this.#options.prefix, device, packet.topic);
    const payload = packet.payload as Uint8Array;
    if (!kind || packet.retain || payload.length > PAYLOAD_BYTES_MAX) {
      return done(new Error(`Device ${device} may not publish this`));
    }
    const input = inputOf(device, kind, payload);
    if (input.kind === "ask") void this.#ask(connection, input, done);
    else void this.#report(client.id, input, packet, done);
  }

  /** Whoever asks for bytes once more has not got them: no ask is a repeat. */
  async #ask(
    connection: Connection,
    input: AskInput,
    done: (error?: Error | null) => void,
  ): Promise<void> {
    const others = this.#connections.ofDevice(input.device).filter((one) => one !== connection);
    this.#chunkWays.asked(connection, others);
    const answer = await this.#engine.submit(input);
    done(answer.ok ? null : new Error(answer.problem.detail));
  }

  async #report(
    client: string,
    input: ReportInput,
    { topic, payload, dup, qos, messageId }: PublishPacket & { messageId?: number },
    done: (error?: Error | null) => void,
  ): Promise<void> {
    const said = { topic, payload: payload as Uint8Array, parsed: input.parsed };
    const { isRepeat, answer: answered } = this.#repeats.once(
      client,
      { dup, qos, messageId, key: (id) => packetKey(client, id, said) },
      (packet) => this.#engine.submit({ ...input, packet }),
    );
    const answer = await answered;
    if (!answer.ok) {
      // Without an acknowledgement the device sends it again after it has reconnected.
      this.#repeats.forget(client, messageId);
      return done(new Error(answer.problem.detail));
    }
    // The engine has sent these once; whoever repeats a report may have missed the answer, too.
    for (const message of isRepeat ? answer.messages : []) this.send(message);
    done(null);
  }

  #maySubscribe(client: Client, { topic }: Subscription): boolean {
    const connection = this.#connections.of(client);
    if (!connection || !maySubscribe(this.#options.prefix, connection.device, topic)) return false;
    const { subscriptions } = connection.client;
    // To ask again for a filter it has takes no room.
    return Object.hasOwn(subscriptions, topic) || Object.keys(subscriptions).length < FILTERS_MAX;
  }

  #noteListening(client: Client): void {
    const connection = this.#connections.of(client);
    if (!connection) return;
    const { device, id } = connection;
    const filters = Object.keys(connection.client.subscriptions);
    const listens = filters.some((f) => coversMetadata(this.#options.prefix, device, f));
    void this.#engine.listening(device, id, listens);
  }
}

/** Makes a broker; it accepts nobody before `listen`. */
export function createBroker(options: BrokerOptions): Broker {
  return new Broker(options);
}

function connackError(returnCode: number): AuthenticateError {
  return Object.assign(new Error("Not authorized"), { returnCode });
}

function listenError(address: string, error: NodeJS.ErrnoException): Error {
  const reason = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
  return new Error(`Cannot listen on ${address}: ${reason}. Choose another with --mqtt.`);
}
