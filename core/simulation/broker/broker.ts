/**
 * A broker of somebody else's. It outlives the engine's lives, keeps sessions and what waits for them,
 * sends again in order what was not acknowledged, and falls now and then: with all that it has kept, or
 * without. It knows nothing of upgrades.
 */
import { BrokerSession } from "./session.ts";
import { isSaid } from "../network/mqtt.ts";
import type { Down, Letter, MqttChannel, MqttServer, Publish, Said, Up } from "../network/mqtt.ts";
import { Channel } from "../network/network.ts";
import type { End, Path } from "../network/network.ts";
import type { Random } from "../chance/random.ts";
import type { World } from "../world.ts";

/** Longest time that a broker which fell is away. */
const DOWN_MS = 900_000;
/** So many in a million brokers take no more than this in one message. */
const SMALL_PPM = 300_000;
const SMALL_BYTES = 65_536;
/** The name of all that devices say. */
const REPORTS = "";

interface Connection {
  readonly client: string;
  readonly channel: MqttChannel;
  /** The fall of the broker that it will not outlive. */
  readonly fall: number;
  will: Said | undefined;
}

/** A broker, reached by devices and by the engine. */
export class Broker implements MqttServer {
  readonly #world: World;
  /** Whether it says that nobody is subscribed: MQTT 5 does, 3.1.1 cannot. */
  readonly saysUnheard: boolean;
  /** Messages that it takes from one client without acknowledging one; 3.1.1 cannot say so. */
  readonly receiveMax: number | undefined;
  /** Bytes of an image that it takes in one message. */
  readonly bytesMax: number;
  readonly #sessions = new Map<string, BrokerSession>();
  /** Of those who are connected, by client id. */
  readonly #connections = new Map<string, Connection>();
  /** Client ids by what they hear: a device's messages, or {@link REPORTS}. */
  readonly #hearers = new Map<string, string>();
  #isUp = true;
  #falls = 0;

  /** It runs already. */
  constructor(world: World) {
    this.#world = world;
    this.saysUnheard = world.fate.about("kind of broker").chance(700_000);
    const receiveMax = world.fate.about("receive maximum").pick([1, 2, 20, 512]);
    this.receiveMax = this.saysUnheard ? receiveMax : undefined;
    const isSmall = world.fate.about("largest packet").chance(SMALL_PPM);
    this.bytesMax = this.saysUnheard && isSmall ? SMALL_BYTES : Infinity;
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#isUp = true;
  }

  accept(client: string, path: Path, end: End<Down>): MqttChannel | undefined {
    if (!this.#isUp) return undefined;
    const server = {
      receive: (packet: Up) => this.#receive(connection, packet),
      closed: () => this.#break(connection),
    };
    const channel = new Channel<Up, Down>(this.#world, path, end, server);
    const connection: Connection = { client, channel, fall: this.#falls, will: undefined };
    return channel;
  }

  #receive(connection: Connection, packet: Up): void {
    const { client, channel } = connection;
    if (connection.fall !== this.#falls) return channel.lose();
    if (packet.type === "connect") return this.#connect(connection, packet);
    if (this.#connections.get(client) !== connection) return;
    switch (packet.type) {
      case "subscribe":
        return this.#subscribe(connection, packet);
      case "ping":
        return channel.down({ type: "pong" });
      case "puback":
        return this.#sessions.get(client)!.acknowledge(packet.packets);
      case "publish":
        return this.#take(connection, packet);
    }
  }

  /** Who comes twice replaces itself. A device that was revoked, or is not known yet, is refused. */
  #connect(connection: Connection, packet: Extract<Up, { type: "connect" }>): void {
    const { client, channel } = connection;
    const { login, isKept, windowMax, hasWill } = packet;
    const { disk, timeNow } = this.#world;
    if (login && !disk.mayLogIn(login, timeNow)) return channel.drop();
    const before = this.#connections.get(client);
    if (before) {
      before.channel.drop();
      this.#break(before);
    }
    const known = isKept ? this.#sessions.get(client) : undefined;
    if (!known) this.#forget(client);
    const session = known ?? new BrokerSession(isKept, windowMax);
    this.#sessions.set(client, session);
    if (login && hasWill) {
      connection.will = { device: login.device, kind: "gone", payload: "" };
    }
    this.#connections.set(client, connection);
    channel.down({ type: "connack", isPresent: known !== undefined });
    session.attach(channel);
  }

  #subscribe(
    { client, channel }: Connection,
    { hears = REPORTS, chunks }: Extract<Up, { type: "subscribe" }>,
  ): void {
    this.#hearers.set(hears, client);
    const session = this.#sessions.get(client)!;
    session.hears.add(hears);
    session.chunks = chunks;
    channel.down({ type: "suback" });
  }

  /** Whoever published it is told when it is kept for all who are to hear it. */
  #take({ channel }: Connection, { letter, qos, packet }: Publish): void {
    const how = this.#world.fate.happens("brokerCrash", "broker");
    if (how?.chance(500_000)) return this.#fall(how);
    const isLost = "bytes" in letter && this.#swallows(letter.device);
    const isHeard = isLost || this.#pass(letter, qos);
    if (how) return this.#fall(how);
    if (qos === 0) return;
    // Mosquitto says so of QoS 1 alone.
    const isUnheard = this.saysUnheard && !isHeard && qos === 1;
    channel.down({ type: "puback", packets: [packet], isUnheard });
  }

  /** False: nobody has subscribed to it. */
  #pass(letter: Letter, qos: number): boolean {
    const hearer = this.#hearers.get(isSaid(letter) ? REPORTS : letter.device);
    if (hearer === undefined) return false;
    const session = this.#sessions.get(hearer)!;
    const qosMax = "bytes" in letter ? session.chunks : 2;
    if (qosMax === undefined) return false;
    session.give(letter, Math.min(qos, qosMax));
    return true;
  }

  #swallows(device: string): boolean {
    return this.#world.fate.happens("chunkSwallowed", device) !== undefined;
  }

  /** A connection ended without a goodbye. */
  #break(connection: Connection): void {
    const { client, will } = connection;
    if (this.#connections.get(client) !== connection) return;
    this.#connections.delete(client);
    const session = this.#sessions.get(client)!;
    session.detach();
    if (!session.isKept) this.#forget(client);
    if (will) this.#pass(will, 1);
  }

  #forget(client: string): void {
    for (const what of this.#sessions.get(client)?.hears ?? []) this.#hearers.delete(what);
    this.#sessions.delete(client);
  }

  /** Everybody loses the connection, and nobody's will is done. */
  #fall(how: Random): void {
    const { fate } = this.#world;
    this.#isUp = false;
    this.#falls++;
    for (const { channel } of this.#connections.values()) channel.lose();
    this.#connections.clear();
    const hasForgotten = fate.happens("brokerForgets", "broker") !== undefined;
    for (const [client, session] of this.#sessions) {
      session.detach();
      if (hasForgotten || !session.isKept) this.#forget(client);
    }
    this.#world.after(how.spread(500, DOWN_MS), () => void (this.#isUp = true));
  }
}
