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
  chunkTopic,
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
  DeliveredInput,
  EngineApi,
  OutboundChunk,
  OutboundMessage,
} from "../../../core/engine/mod.ts";
import type { OwedName } from "../../../core/mod.ts";
import { inputOf } from "../inputs.ts";
import { packetKey } from "../packet_key.ts";
import type { MqttWay } from "../way.ts";
import type { OnConfirmed } from "./confirmations.ts";
import { Connections } from "./connections.ts";
import type { Connection } from "./connections.ts";
import { grantedQos } from "./filters.ts";
import { Guard } from "./guard.ts";
import { Logins } from "./logins.ts";

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

/** The broker and, as the engine sees it, the way to devices. */
export class Broker implements MqttWay {
  readonly #options: BrokerOptions;
  readonly #server: Server;
  readonly #aedes: Aedes;
  readonly #guards = new Set<Guard>();
  readonly #connections = new Connections();
  readonly #logins: Logins;
  readonly #repeats = new Repeats<Answer>();
  #engine!: EngineApi;

  /** Use {@link createBroker}. */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#logins = new Logins(options.prefix, options.authenticate);
    this.#aedes = new Aedes({
      connectTimeout: LOGIN_MS,
      drainTimeout: 30_000,
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

  /** By the newest connection that hears it: another one of the device need not have its bytes. */
  sendChunk({ device, task, offset, bytes, done }: OutboundChunk): void {
    const topic = chunkTopic(this.#options.prefix, device, task, offset);
    for (const { client, guard } of this.#connections.ofDevice(device).reverse()) {
      const qos = Math.min(grantedQos(client.subscriptions, topic) ?? -1, 1);
      if (qos < 0 || guard.destroyed) continue;
      const packet = { cmd: "publish", topic, payload: bytes, qos, retain: false, dup: false };
      if (qos > 0) guard.expect({ topic }, (is) => done(is ? "arrived" : "lost"));
      return client.publish(packet as unknown as PublishPacket, (error) => {
        if (qos === 0) done(error || guard.destroyed ? "lost" : "passed");
      });
    }
    done("unheard");
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
    if (connection) this.#engine.disconnected(connection.device, connection.id);
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
    const { topic, dup, qos, messageId } = packet as PublishPacket & { messageId?: number };
    const input = inputOf(device, kind, payload);
    const key = (id: number) => packetKey(client.id, id, { topic, payload, parsed: input.parsed });
    const published = { dup, qos, messageId, key };
    const { isRepeat, answer } = this.#repeats.once(
      client.id,
      published,
      (packet) => this.#engine.submit(input.kind === "report" ? { ...input, packet } : input),
    );
    void answer.then((answer) => {
      if (!answer.ok) {
        // Without an acknowledgement the device sends it again after it has reconnected.
        this.#repeats.forget(client.id, published.messageId);
        return done(new Error(answer.problem.detail));
      }
      // The engine has sent these once; whoever repeats a report may have missed the answer, too.
      for (const message of isRepeat ? answer.messages : []) this.send(message);
      done(null);
    });
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
