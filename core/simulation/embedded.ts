/** The broker in the engine's own process, as devices meet it: the adapter's behaviour, not its bytes. */
import type { OutboundMessage } from "../engine/mod.ts";
import { messageQos, parseReport } from "../protocol/mod.ts";
import type { OwedName } from "../protocol/mod.ts";
import type { Running, Way } from "./house.ts";
import { packetKeyOf } from "./link.ts";
import type { Link, LinkEvents, Outgoing } from "./link.ts";
import { Channel } from "./network.ts";
import type { Path } from "./network.ts";
import type { World } from "./world.ts";

/** What a device sends. */
type Up =
  | { readonly type: "connect" | "subscribe" }
  | { readonly type: "publish"; readonly report: Outgoing }
  | { readonly type: "puback"; readonly owed: OwedName };

/** What it is sent. */
type Down =
  | { readonly type: "connack" | "suback" }
  | { readonly type: "puback"; readonly packet: number }
  | { readonly type: "publish"; readonly message: OutboundMessage; readonly isConfirmed: boolean };

interface Session {
  readonly id: string;
  readonly device: string;
  readonly channel: Channel<Up, Down>;
  isConnected: boolean;
  isSubscribed: boolean;
}

/** The broker of one life of the engine. */
export class EmbeddedBroker implements Way {
  readonly #world: World;
  readonly #sessions = new Map<string, Session>();
  #running: Running | undefined;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  open(running: Running): void {
    this.#running = running;
    this.#world.watch.reachable?.(true, running.life);
  }

  close(): void {
    this.#running = undefined;
    for (const { channel } of this.#sessions.values()) channel.lose();
    this.#sessions.clear();
  }

  send(message: OutboundMessage): void {
    const session = this.#sessions.get(message.device);
    if (!session?.isSubscribed) return;
    const isConfirmed = messageQos[message.message.kind] > 0;
    session.channel.down({ type: "publish", message, isConfirmed });
  }

  disconnect(device: string): void {
    const session = this.#sessions.get(device);
    if (session) this.#drop(session);
  }

  /** A device connects; `undefined`: nobody is there. */
  accept(
    device: string,
    path: Path,
    client: { receive(packet: Down): void; closed(): void },
  ): Channel<Up, Down> | undefined {
    const running = this.#running;
    if (!running) return undefined;
    const server = {
      receive: (packet: Up) => running.enter(() => this.#receive(running, session, packet)),
      closed: () => running.enter(() => this.#drop(session)),
    };
    const channel = new Channel<Up, Down>(this.#world, path, client, server);
    const id = `connection ${++this.#count}`;
    const session: Session = { id, device, channel, isConnected: false, isSubscribed: false };
    return channel;
  }

  #receive(running: Running, session: Session, packet: Up): void {
    if (packet.type === "connect") return this.#connect(running, session);
    if (!session.isConnected) return;
    const { device, id, channel } = session;
    switch (packet.type) {
      case "subscribe":
        session.isSubscribed = true;
        channel.down({ type: "suback" });
        return void running.engine.listening(device, id, true);
      case "publish":
        return this.#publish(running, session, packet.report);
      case "puback": {
        const { task, kind: message, attempt } = packet.owed;
        return running.submit({ kind: "delivered", device, task, message, attempt });
      }
    }
  }

  #connect(running: Running, session: Session): void {
    const { device, id, channel } = session;
    if (!this.#world.disk.mayLogIn(device)) return channel.drop();
    const before = this.#sessions.get(device);
    if (before) this.#drop(before);
    session.isConnected = true;
    this.#sessions.set(device, session);
    running.engine.connected(device, id);
    channel.down({ type: "connack" });
  }

  #publish(running: Running, session: Session, report: Outgoing): void {
    const { device, channel } = session;
    const { kind, payload, isRepeat, qos, packet: id } = report;
    const parsed = parseReport(kind, new TextEncoder().encode(payload));
    const packet = qos > 0 ? { key: packetKeyOf(device, report), isRepeat } : undefined;
    running.submit(
      { kind: "report", device, report: kind, parsed, via: "mqtt", packet },
      (answer) => {
        if (!answer.ok) return this.#drop(session);
        if (qos > 0) channel.down({ type: "puback", packet: id });
      },
    );
  }

  #drop(session: Session): void {
    session.channel.drop();
    if (!session.isConnected) return;
    session.isConnected = session.isSubscribed = false;
    const { device, id } = session;
    if (this.#sessions.get(device) === session) this.#sessions.delete(device);
    this.#running?.engine.disconnected(device, id);
  }
}

/** A device's connection to the embedded broker. */
export class MqttLink implements Link {
  readonly #device: string;
  readonly #path: Path;
  readonly #events: LinkEvents;
  readonly #broker: () => EmbeddedBroker | undefined;
  readonly #world: World;
  #channel: Channel<Up, Down> | undefined;
  readonly #waiting = new Map<number, (isTaken: boolean) => void>();

  /** `broker` gives the one that can be reached now. */
  constructor(
    world: World,
    device: string,
    path: Path,
    events: LinkEvents,
    broker: () => EmbeddedBroker | undefined,
  ) {
    this.#world = world;
    this.#device = device;
    this.#path = path;
    this.#events = events;
    this.#broker = broker;
  }

  open(): void {
    this.#path.begin();
    const channel: Channel<Up, Down> | undefined = this.#broker()?.accept(
      this.#device,
      this.#path,
      {
        receive: (packet) => this.#channel === channel && this.#receive(packet),
        closed: () => this.#channel === channel && this.#down(),
      },
    );
    this.#channel = channel;
    if (channel) channel.up({ type: "connect" });
    else this.#world.after(1_000, () => this.#down());
  }

  close(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    this.#waiting.clear();
    channel?.leave();
  }

  report(report: Outgoing, done: (isTaken: boolean) => void): void {
    if (!this.#channel) return done(false);
    this.#channel.up({ type: "publish", report });
    if (report.qos === 0) done(true);
    else this.#waiting.set(report.packet, done);
  }

  #receive(packet: Down): void {
    switch (packet.type) {
      case "connack":
        return this.#channel?.up({ type: "subscribe" });
      case "suback":
        return this.#events.up();
      case "puback": {
        const done = this.#waiting.get(packet.packet);
        this.#waiting.delete(packet.packet);
        return done?.(true);
      }
      case "publish":
        return this.#take(packet);
    }
  }

  #take({ message, isConfirmed }: Extract<Down, { type: "publish" }>): void {
    const { message: { kind, payload }, owed } = message;
    const channel = this.#channel;
    const isTwice = this.#path.isDoubled;
    for (let copy = isTwice ? 2 : 1; copy > 0; copy--) {
      this.#events.message(kind, payload as unknown as Readonly<Record<string, unknown>>);
    }
    if (owed && isConfirmed) channel?.up({ type: "puback", owed });
  }

  #down(): void {
    this.#channel = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const done of waiting) done(false);
    this.#events.down();
  }
}
