/** MQTT as it is spoken to either broker: its packets, and whoever takes connections. */
import type { AskInput, Outbound, ReportInput } from "../../engine/mod.ts";
import { isAskKind, parseAsk, parseReport } from "../../protocol/mod.ts";
import type { AskKind, ReportKind } from "../../protocol/mod.ts";
import type { Login } from "./link.ts";
import type { Channel, End, Path } from "./network.ts";

const utf8 = new TextEncoder();

/** What a device says, or its will: that it is gone. */
export interface Said {
  readonly device: string;
  readonly kind: ReportKind | AskKind | "gone";
  readonly payload: string;
}

/** What a message carries: to the engine, or to a device. */
export type Letter = Said | Outbound;

/** Whether it is for the engine. */
export function isSaid(letter: Letter): letter is Said {
  return "kind" in letter;
}

/** The input of what a device said in a packet. */
export function inputOf(
  device: string,
  kind: ReportKind | AskKind,
  payload: string,
  packet: ReportInput["packet"],
): ReportInput | AskInput {
  const bytes = utf8.encode(payload);
  return isAskKind(kind) ? { kind: "ask", device, ask: kind, parsed: parseAsk(kind, bytes) } : {
    kind: "report",
    device,
    report: kind,
    parsed: parseReport(kind, bytes),
    via: "mqtt",
    packet,
  };
}

/** How bytes of an image are sent (PROTOCOL §1). */
export const CHUNK_QOS = 1;

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
  /**
   * `hears`: the device whose messages it wants; nothing: what all devices say. `chunks`: how its bytes are
   * to come at most; nothing: it wants none.
   */
  | { readonly type: "subscribe"; readonly hears?: string; readonly chunks?: 0 | 1 | undefined }
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
