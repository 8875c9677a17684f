/**
 * One connection to the broker, from the socket to the CONNACK. The link has two: the ear, whose session
 * the broker keeps while we are away, and the voice, whose session ends with the connection: packet
 * ids of QoS 2 that only one side remembers would make the broker drop what comes later.
 */
import { MqttClient } from "mqtt";
import type { IClientOptions, IConnackPacket } from "mqtt";
import { KEEPALIVE_S_MAX } from "../../../core/network/mod.ts";
import { addressText, dial } from "./dial.ts";
import type { BrokerAddress } from "./dial.ts";
import { goneOf, refusalOf } from "./ends.ts";
import { keepAlive } from "./keepalive.ts";
import type { PathMeter } from "./path_meter.ts";
import type { MqttVersion, Publish } from "./publish.ts";
import type { BrokerTrouble } from "./trouble.ts";
import { Wire } from "./wire.ts";

/** What is needed to log in. */
export interface LineOptions {
  readonly broker: BrokerAddress & {
    readonly username?: string | undefined;
    readonly password?: string | undefined;
  };
  readonly version: MqttVersion;
  readonly clientId: string;
  /** Whether the broker keeps what comes for us while we are away. */
  readonly isKept: boolean;
  readonly meter: PathMeter;
  /** Calls it off while it is being opened. */
  readonly signal: AbortSignal;
  /** Who takes the messages that come by this wire, from the first one on. */
  receiver(wire: Wire): Receiver;
}

/** Takes messages. */
export interface Receiver {
  take(publish: Publish): void;
}

/** The broker keeps our session for a day. */
const SESSION_S = 86_400;
/** Messages that the broker may send before one is acknowledged. */
const RECEIVE_MAX = 1_024;
const CONNACK_MS = 10_000;
const END_MS = 1_000;

/** A connection that was accepted. */
export class Line {
  readonly client: MqttClient;
  readonly version: MqttVersion;
  readonly connack: IConnackPacket;
  readonly wire: Wire;
  /** Resolves with the reason when the connection is gone. */
  readonly gone: Promise<BrokerTrouble>;

  private constructor(
    { client, version, wire, connack, gone }: Pick<
      Line,
      "client" | "version" | "wire" | "connack" | "gone"
    >,
  ) {
    this.client = client;
    this.version = version;
    this.wire = wire;
    this.connack = connack;
    this.gone = gone;
  }

  /** Connects and logs in. @throws {BrokerTrouble} */
  static async open(options: LineOptions): Promise<Line> {
    const address = addressText(options.broker);
    const { version } = options;
    const wire: Wire = new Wire(await dial(options.broker, options.signal), {
      version,
      onPublish: (publish) => receiver.take(publish),
    });
    const receiver = options.receiver(wire);
    const client = new MqttClient(() => wire, clientOptions(options));
    const { promise: connack, resolve, reject } = Promise.withResolvers<IConnackPacket>();
    const gone = goneOf(client, wire, options.broker);
    client.once("connect", resolve);
    client.once("error", (error) => reject(refusalOf(error, options.broker)));
    void gone.then(reject);
    const callOff = () => void wire.destroy();
    options.signal.addEventListener("abort", callOff);
    try {
      const line = new Line({ client, version, wire, gone, connack: await connack });
      keepAlive(line, options.meter, address);
      return line;
    } catch (error) {
      client.end(true);
      throw error;
    } finally {
      options.signal.removeEventListener("abort", callOff);
    }
  }

  /** Says goodbye. What is not confirmed is still owed: nobody waits for it here. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.wire.destroy(), END_MS);
    this.wire.leave();
    await this.gone;
    clearTimeout(timer);
    this.client.end(true);
  }
}

function clientOptions({ broker, version, clientId, isKept }: LineOptions): IClientOptions {
  const { username, password } = broker;
  return {
    protocolVersion: version,
    clientId,
    clean: !isKept,
    // The broker may hear nothing for this long; how often we ask is our own affair.
    keepalive: KEEPALIVE_S_MAX,
    // A path that takes what is written and answers nothing is found by asking all the same.
    reschedulePings: false,
    timerVariant: "native",
    connectTimeout: CONNACK_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(version === 5
      ? {
        properties: {
          receiveMaximum: RECEIVE_MAX,
          ...(isKept ? { sessionExpiryInterval: SESSION_S } : {}),
        },
      }
      : {}),
  };
}
