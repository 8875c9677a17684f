/** MQTT as devices speak it, whichever broker they meet: its packets, and a device's end of it. */
import type { OutboundMessage } from "../engine/mod.ts";
import type { ReportKind } from "../protocol/mod.ts";
import type { Link, LinkEvents, Outgoing } from "./link.ts";
import type { Channel, End, Path } from "./network.ts";
import type { World } from "./world.ts";

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
    readonly device?: string;
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

/** How a device uses MQTT. */
export interface MqttHabits {
  readonly isKept: boolean;
  readonly hasWill: boolean;
  /** Whether its reports have ids of their own. */
  readonly hasIds: boolean;
}

/** What Mosquitto sends at once to one client. */
const WINDOW_MAX = 20;
/** How long it takes to see that nobody is there. */
const REFUSED_MS = 1_000;

/** A device's connection to a broker. */
export class MqttLink implements Link {
  readonly #device: string;
  readonly #path: Path;
  readonly #events: LinkEvents;
  readonly #habits: MqttHabits;
  readonly #server: () => MqttServer | undefined;
  readonly #world: World;
  #channel: MqttChannel | undefined;
  readonly #waiting = new Map<number, (isTaken: boolean) => void>();

  /** `server` gives the broker that can be reached now. */
  constructor(
    world: World,
    device: string,
    habits: MqttHabits,
    path: Path,
    events: LinkEvents,
    server: () => MqttServer | undefined,
  ) {
    this.#world = world;
    this.#device = device;
    this.#habits = habits;
    this.#path = path;
    this.#events = events;
    this.#server = server;
  }

  open(): void {
    this.#path.begin();
    const channel: MqttChannel | undefined = this.#server()?.accept(this.#device, this.#path, {
      receive: (packet) => this.#channel === channel && this.#receive(packet),
      closed: () => this.#channel === channel && this.#down(),
    });
    this.#channel = channel;
    const { isKept, hasWill } = this.#habits;
    const device = this.#device;
    if (channel) channel.up({ type: "connect", device, isKept, windowMax: WINDOW_MAX, hasWill });
    else this.#world.after(REFUSED_MS, () => this.#down());
  }

  close(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    this.#waiting.clear();
    channel?.leave();
  }

  report(report: Outgoing, done: (isTaken: boolean) => void): void {
    if (!this.#channel) return done(false);
    const { kind, qos, packet, isRepeat } = report;
    const letter = { device: this.#device, kind, payload: this.#payloadOf(report) };
    this.#channel.up({ type: "publish", letter, qos, packet, isRepeat });
    if (qos === 0) done(true);
    else this.#waiting.set(packet, done);
  }

  /** A broker of somebody else's takes a repeat for another report: what must not count twice has an id. */
  #payloadOf({ payload, packet }: Outgoing): string {
    const isObject = payload.startsWith('{"');
    if (!this.#habits.hasIds || !isObject) return payload;
    return `{"id":"${this.#device}-${packet}",${payload.slice(1)}`;
  }

  #receive(packet: Down): void {
    switch (packet.type) {
      case "connack":
        return this.#channel?.up({ type: "subscribe", hears: this.#device });
      case "suback":
        return this.#events.up();
      case "puback":
        for (const id of packet.packets) this.#acknowledged(id);
        return;
      case "publish":
        return this.#take(packet);
    }
  }

  #acknowledged(id: number): void {
    const done = this.#waiting.get(id);
    this.#waiting.delete(id);
    done?.(true);
  }

  /** What it was told is confirmed when it knows it. */
  #take({ letter, qos, packet }: Publish): void {
    if (!("message" in letter)) return;
    const { kind, payload } = letter.message;
    const channel = this.#channel;
    for (let copy = this.#path.isDoubled ? 2 : 1; copy > 0; copy--) {
      this.#events.message(kind, payload as unknown as Readonly<Record<string, unknown>>);
    }
    if (qos > 0) channel?.up({ type: "puback", packets: [packet] });
  }

  #down(): void {
    this.#channel = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const done of waiting) done(false);
    this.#events.down();
  }
}
