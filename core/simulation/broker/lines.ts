/**
 * The two connections of an engine to its broker, from the first CONNECT until either is gone: the ear,
 * whose session the broker keeps, and the voice, whose session ends with it.
 */
import { Redelivered } from "../../engine/mod.ts";
import type { BrokerSession, TakenPackets } from "../../engine/mod.ts";
import { BrokerIntake } from "./intake.ts";
import type { BrokerOutlet } from "./outlet.ts";
import { knownPackets, readingPublish } from "./redelivered.ts";
import type { Running } from "../running.ts";
import type { Down, MqttChannel, MqttServer, Publish } from "../network/mqtt.ts";
import type { Path } from "../network/network.ts";
import type { World } from "../world.ts";

/** What the lines work with; it outlives them. */
export interface LinesOptions {
  readonly world: World;
  readonly broker: MqttServer;
  readonly path: Path;
  readonly running: Running;
  readonly session: Pick<BrokerSession, "name">;
  readonly taken: TakenPackets;
  readonly outlet: BrokerOutlet;
  /** The broker keeps no session of ours any more, or never did. */
  onForgotten(): void;
  /** Devices can be reached. */
  onUp(): void;
  /** It is over; `isUnwell`: as the engine could not take what came. */
  onGone(isUnwell: boolean): void;
}

const EAR = "otalog-in";
const VOICE = "otalog-out";
/** Messages that the broker may send before one is acknowledged. */
const WINDOW_MAX = 1_024;
/** An answer that is awaited longer than this does not come. */
const ANSWER_MS = 10_000;
/** Whoever was not reached is called again after so long. */
const CALL_EVERY_MS = 600_000;

/** One life of the link. */
export class BrokerLines {
  readonly #options: LinesOptions;
  readonly #intake: BrokerIntake;
  readonly #redelivered: Redelivered<Publish>;
  #voice: MqttChannel | undefined;
  #ear: MqttChannel | undefined;
  /** Who waits for the answers to the pings under way. */
  readonly #pings: (() => void)[] = [];
  #isOver = false;
  #takeBack = () => {};

  /** Nothing is done before `open`. */
  constructor(options: LinesOptions) {
    this.#options = options;
    const { running, session, taken, world } = options;
    const settle = (done: () => void) => this.#settle(done);
    const refuse = () => this.#end(true);
    const intake = new BrokerIntake(running, session, taken, {
      acknowledge: (packets) => this.#ear?.up({ type: "puback", packets }),
      regulate: () => {},
      settle,
      refuse,
    });
    this.#intake = intake;
    this.#redelivered = new Redelivered({
      ...readingPublish(session),
      knownPackets: (device) => knownPackets(world, running, device),
      settle,
      refuse,
      take: (publish, isDecided) => intake.take(publish, isDecided),
    });
  }

  /** Connects. */
  open(): void {
    this.#options.path.begin();
    this.#voice = this.#dial(VOICE, (packet) => this.#hearVoice(packet));
    this.#voice?.up({ type: "connect", isKept: false, windowMax: WINDOW_MAX });
  }

  /** The engine is dead. */
  close(): void {
    this.#isOver = true;
    this.#intake.close();
    this.#options.outlet.close();
    this.#voice?.leave();
    this.#ear?.leave();
  }

  /** Without a broker it is over in a moment; without an answer a little later. */
  #dial(client: string, receive: (packet: Down) => void): MqttChannel | undefined {
    const { broker, path, running } = this.#options;
    const enter = (work: () => void) => running.enter(() => this.#isOver || work());
    const channel = broker.accept(client, path, {
      receive: (packet) => enter(() => receive(packet)),
      closed: () => enter(() => this.#end(false)),
    });
    this.#await(channel ? ANSWER_MS : 100);
    return channel;
  }

  #await(ms: number): void {
    this.#takeBack();
    this.#takeBack = this.#options.running.life.after(ms, () => this.#end(false));
  }

  #hearVoice(packet: Down): void {
    const { outlet } = this.#options;
    if (packet.type === "puback") {
      return outlet.acknowledged(packet.packets, packet.isUnheard ?? false);
    }
    if (packet.type !== "connack") return;
    outlet.open(this.#voice!);
    this.#ear = this.#dial(EAR, (heard) => this.#hear(heard));
    this.#ear?.up({ type: "connect", isKept: true, windowMax: WINDOW_MAX });
  }

  #hear(packet: Down): void {
    switch (packet.type) {
      case "connack":
        if (!packet.isPresent) this.#options.onForgotten();
        this.#await(ANSWER_MS);
        return this.#ear!.up({ type: "subscribe" });
      case "suback":
        this.#callLater();
        return this.#options.onUp();
      case "publish":
        return this.#redelivered.take(packet);
      case "pong":
        return this.#pings.shift()?.();
    }
  }

  #callLater(): void {
    const { running: { life, engine }, outlet } = this.#options;
    this.#takeBack();
    this.#takeBack = life.after(CALL_EVERY_MS, () => {
      if (outlet.takeMissed()) engine.callAll();
      this.#callLater();
    });
  }

  #settle(done: () => void): void {
    if (this.#isOver) return;
    this.#pings.push(done);
    this.#ear!.up({ type: "ping" });
  }

  #end(isUnwell: boolean): void {
    if (this.#isOver) return;
    this.#takeBack();
    this.close();
    this.#options.onGone(isUnwell);
  }
}
