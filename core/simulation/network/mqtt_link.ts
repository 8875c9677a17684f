/** A device's end of MQTT, whichever broker it meets. */
import type { OutboundMessage } from "../../engine/mod.ts";
import type { Link, LinkEvents, Login, Outgoing, OutgoingAsk } from "./link.ts";
import { isSaid } from "./mqtt.ts";
import type { Down, MqttChannel, MqttServer, Publish } from "./mqtt.ts";
import type { Path } from "./network.ts";
import type { World } from "../world.ts";

/** How a device uses MQTT. */
export interface MqttHabits {
  readonly isKept: boolean;
  readonly hasWill: boolean;
  /** Whether its reports have ids of their own. */
  readonly hasIds: boolean;
  /** How it subscribes to bytes of images; nothing: it does not. */
  readonly chunks: 0 | 1 | undefined;
}

/** What Mosquitto sends at once to one client. */
const WINDOW_MAX = 20;
/** Longest time that nothing comes by a session that lives. */
const STALL_MS = 600_000;
/** How long it takes to see that nobody is there. */
const REFUSED_MS = 1_000;

/** A device's connection to a broker. */
export class MqttLink implements Link {
  readonly #login: () => Login;
  readonly #path: Path;
  readonly #events: LinkEvents;
  readonly #habits: MqttHabits;
  readonly #server: () => MqttServer | undefined;
  readonly #world: World;
  #channel: MqttChannel | undefined;
  readonly #waiting = new Map<number, (isTaken: boolean) => void>();

  /** `login` gives who it is now, `server` the broker that can be reached now. */
  constructor(
    world: World,
    login: () => Login,
    habits: MqttHabits,
    path: Path,
    events: LinkEvents,
    server: () => MqttServer | undefined,
  ) {
    this.#world = world;
    this.#login = login;
    this.#habits = habits;
    this.#path = path;
    this.#events = events;
    this.#server = server;
  }

  open(): void {
    this.#path.begin();
    this.#path.meet("mqtt");
    const login = this.#login();
    const channel: MqttChannel | undefined = this.#server()?.accept(login.device, this.#path, {
      receive: (packet) => this.#channel === channel && this.#receive(packet),
      closed: () => this.#channel === channel && this.#down(),
    });
    this.#channel = channel;
    const { isKept, hasWill } = this.#habits;
    if (channel) channel.up({ type: "connect", login, isKept, windowMax: WINDOW_MAX, hasWill });
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
    const letter = { device: this.#login().device, kind, payload: this.#payloadOf(report) };
    this.#channel.up({ type: "publish", letter, qos, packet, isRepeat });
    if (qos === 0) done(true);
    else this.#waiting.set(packet, done);
  }

  ask({ kind, payload, qos, packet }: OutgoingAsk): void {
    const channel = this.#channel;
    this.#path.meet("mqtt");
    const stall = this.#world.fate.happens("sessionStall", this.#path.who);
    if (stall) channel?.stall(stall.spread(1_000, STALL_MS));
    const letter = { device: this.#login().device, kind, payload };
    channel?.up({ type: "publish", letter, qos, packet, isRepeat: false });
  }

  /** A broker of somebody else's takes a repeat for another report: what must not count twice has an id. */
  #payloadOf({ payload, packet }: Outgoing): string {
    const isObject = payload.startsWith('{"');
    if (!this.#habits.hasIds || !isObject) return payload;
    return `{"id":"${this.#login().device}-${packet}",${payload.slice(1)}`;
  }

  #receive(packet: Down): void {
    switch (packet.type) {
      case "connack":
        return this.#subscribe();
      case "suback":
        return this.#events.up();
      case "puback":
        for (const id of packet.packets) this.#acknowledged(id);
        return;
      case "publish":
        return this.#take(packet);
    }
  }

  #subscribe(): void {
    const hears = this.#login().device;
    this.#channel?.up({ type: "subscribe", hears, chunks: this.#habits.chunks });
  }

  #acknowledged(id: number): void {
    const done = this.#waiting.get(id);
    this.#waiting.delete(id);
    done?.(true);
  }

  /** What it was told is confirmed when it knows it. */
  #take({ letter, qos, packet }: Publish): void {
    if (isSaid(letter)) return;
    const channel = this.#channel;
    if ("bytes" in letter) this.#events.chunk(letter);
    else this.#tell(letter);
    if (qos > 0) channel?.up({ type: "puback", packets: [packet] });
  }

  #tell({ message: { kind, payload } }: OutboundMessage): void {
    for (let copy = this.#path.isDoubled ? 2 : 1; copy > 0; copy--) {
      this.#events.message(kind, payload as unknown as Readonly<Record<string, unknown>>);
    }
  }

  #down(): void {
    this.#channel = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const done of waiting) done(false);
    this.#events.down();
  }
}
