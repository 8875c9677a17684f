/** MQTT as it is spoken to either broker: its packets, and whoever takes connections. */
import type { OutboundMessage } from "../../engine/mod.ts";
import type { ReportKind } from "../../protocol/mod.ts";
import type { Login } from "./link.ts";
import type { Channel, End, Path } from "./network.ts";

/** What a device says, or its will: that it is gone. */
export interface Said {
  readonly device: string;
  readonly kind: ReportKind | "gone";
  readonly payload: string;
}

/** What a message carries: to the engine, or to a device. */
export type Letter = Said | OutboundMessage;

/** A message on its way; `packet` is confirmed, unless `qos` is 0. */
export interface Publish {
  readonly type: "publish";
  readonly letter: Letter;
  readonly qos: number;
  readonly packet: number;
  /** It was sent before, and perhaps arrived. */
  readonly isRepeat: boolean;
}

/** Messages that arrived, in the order in which they came. */
export interface Acknowledged {
  readonly type: "puback";
  readonly packets: readonly number[];
}

/** What a client sends. */
export type Up =
  | {
    readonly type: "connect";
    /** Who logs in; nothing: the engine. */
    readonly login?: Login;
    /** Whether its session outlives the connection. */
    readonly isKept: boolean;
    /** Messages that may be under way to it. */
    readonly windowMax: number;
    /** Whether all are told when the connection breaks. */
    readonly hasWill?: boolean;
  }
  /** `hears`: the device whose messages it wants; nothing: what all devices say. */
  | { readonly type: "subscribe"; readonly hears?: string }
  | { readonly type: "ping" }
  | Publish
  | Acknowledged;

/** What a broker sends. */
export type Down =
  | { readonly type: "connack"; readonly isPresent: boolean }
  | { readonly type: "suback" | "pong" }
  | Publish
  /** `isUnheard`: nobody is subscribed. */
  | Acknowledged & { readonly isUnheard?: boolean };

/** A connection to a broker. */
export type MqttChannel = Channel<Up, Down>;

/** Whatever takes connections. */
export interface MqttServer {
  /** A client connects; `undefined`: nobody is there. */
  accept(client: string, path: Path, end: End<Down>): MqttChannel | undefined;
}
