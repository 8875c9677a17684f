/**
 * The link of one life of the engine to its broker: it comes back when it is lost, and tells the engine
 * when devices can be reached.
 */
import { TakenPackets } from "../../engine/mod.ts";
import type { BrokerSession, OutboundChunk, OutboundMessage } from "../../engine/mod.ts";
import { retryMs } from "../../network/mod.ts";
import type { Broker } from "./broker.ts";
import { BrokerLines } from "./lines.ts";
import type { OutletLimits } from "./outlet.ts";
import { BrokerOutlet } from "./outlet.ts";
import type { BytesWay, Running } from "../running.ts";
import { Path } from "../network/network.ts";
import type { Transport } from "../network/network.ts";
import type { Random } from "../chance/random.ts";
import type { World } from "../world.ts";

/** A link that lived so long was good: the next tries begin anew. */
const GOOD_MS = 60_000;
/** The most that wait for the broker, of all seeds. */
const WAITING_MAX = 16;
/** So many packets in a million meet what a device's packets meet: the least, and the most. */
const ROUGH_PPM = [1_000, 200_000] as const;

/** The way to a broker is better than that of a device: all of them depend on it. */
export class Backbone extends Path {
  readonly #random: Random;
  readonly #roughPpm: number;

  constructor(world: World) {
    super(world, "backbone");
    this.#random = world.fate.about("backbone");
    this.#roughPpm = this.#random.spread(...ROUGH_PPM);
  }

  override transit(transport: Transport): number | undefined {
    const isRough = this.#random.chance(this.#roughPpm);
    return isRough ? super.transit(transport) : this.#random.between(1, 10);
  }
}

/** Somebody else's broker, the way to it, and our session there: all of it outlives an engine. */
export interface Outside {
  readonly broker: Broker;
  readonly path: Path;
  readonly session: BrokerSession;
}

/** Sessions have numbers; that of the last one is on the disk. */
export class NumberedSession implements BrokerSession {
  #number = 0;

  get name(): string {
    return `otalog-in ${this.#number}`;
  }

  renew(): Promise<void> {
    this.#number++;
    return Promise.resolve();
  }
}

/** The way to devices behind a broker. */
export class BrokerLink implements BytesWay {
  readonly #world: World;
  readonly #broker: Broker;
  readonly #path: Path;
  readonly #session: BrokerSession;
  readonly #limits: OutletLimits;
  readonly #taken = new TakenPackets();
  #running: Running | undefined;
  #outlet: BrokerOutlet | undefined;
  #lines: BrokerLines | undefined;
  #isUp = false;
  /** Whether the broker knew nothing of us, and the engine was not told yet. */
  #isForgotten = false;
  #failures = 1;
  #startedAt = 0;

  /** Nothing is done before `open`. */
  constructor(world: World, { broker, path, session }: Outside) {
    this.#world = world;
    this.#broker = broker;
    this.#path = path;
    this.#session = session;
    const about = world.fate.about("outlet");
    const waitingMax = about.spread(1, WAITING_MAX);
    const waitingLow = about.below(waitingMax);
    const { receiveMax, bytesMax } = broker;
    this.#limits = { waitingMax, waitingLow, receiveMax, bytesMax };
  }

  open(running: Running): void {
    this.#running = running;
    this.#outlet = new BrokerOutlet(running, this.#limits);
    this.#connect(running, this.#outlet);
  }

  close(): void {
    this.#running = undefined;
    this.#lines?.close();
  }

  send(message: OutboundMessage): void {
    this.#outlet?.send(message);
  }

  sendChunk(chunk: OutboundChunk): void {
    if (this.#outlet) this.#outlet.sendChunk(chunk);
    else chunk.done("lost");
  }

  /** Resolves when more can be handed over. */
  async room(): Promise<void> {
    await this.#outlet?.room();
  }

  /** Whoever is connected to the broker can be cut by nobody but the broker. */
  disconnect(): void {}

  #connect(running: Running, outlet: BrokerOutlet): void {
    this.#startedAt = running.life.monotonic();
    const lines: BrokerLines = new BrokerLines({
      world: this.#world,
      broker: this.#broker,
      path: this.#path,
      running,
      session: this.#session,
      taken: this.#taken,
      outlet,
      onForgotten: () => this.#beForgotten(),
      onUp: () => this.#begin(running),
      onGone: (isUnwell) => this.#end(running, outlet, isUnwell),
    });
    this.#lines = lines;
    lines.open();
  }

  /** Packet ids begin again, and what devices said meanwhile nobody kept. */
  #beForgotten(): void {
    this.#isForgotten = true;
    this.#taken.clear();
    void this.#session.renew();
  }

  #begin({ engine, life }: Running): void {
    const isForgotten = this.#isForgotten;
    this.#isUp = true;
    this.#isForgotten = false;
    engine.reachable(true, isForgotten);
    this.#world.watch.reachable?.(true, life, isForgotten);
  }

  #end(running: Running, outlet: BrokerOutlet, isUnwell: boolean): void {
    if (!this.#running) return;
    const { engine, life } = running;
    if (this.#isUp) {
      engine.reachable(false);
      this.#world.watch.reachable?.(false, life, false, engine.now());
    }
    this.#isUp = false;
    // Nor is it the broker's fault when the engine cannot take what comes.
    if (life.monotonic() - this.#startedAt > GOOD_MS || isUnwell) this.#failures = 1;
    const ms = retryMs(this.#failures++, life.random.below(1_000_000) / 1_000_000);
    life.after(ms, () => this.#connect(running, outlet));
  }
}
