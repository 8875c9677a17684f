/**
 * The engine and what stands around it: one process after the other on the same disk, each with the
 * adapters that devices and operators talk to. Whatever kills one, the next is started.
 */
import { startEngine } from "../engine/mod.ts";
import type { Images, OutboundChunk, OutboundMessage, Outbox } from "../engine/mod.ts";
import type { Random } from "./chance/random.ts";
import { Mishaps } from "./machine/mishaps.ts";
import { Process } from "./machine/process.ts";
import { SimulatedStore } from "./machine/store.ts";
import { Running } from "./running.ts";
import type { BytesWay } from "./running.ts";
import type { World } from "./world.ts";

/** The identity of every simulated log. */
const IDENTITY = { log: "0123456789abcdef", publicKey: "ed25519:00" };
/** A process that died, or would not start, is started again after so long at the latest. */
const RESTART_MS = 600_000;
/** The last place where a process may die, counted in awaits and calls to the outside. */
const DIES_AT_MAX = 10_000;
/** A process that is to be stopped is so after so long at the latest. */
const STOP_MS = 2 * 3_600_000;
/** Two engines that were started on one log both live for so long at the latest. */
const BOTH_MS = 120_000;

/** What a house is in. */
export interface Surroundings {
  /** The way of one life of the engine to devices. */
  way(): BytesWay;
  /** The files of images, as one life of the engine reads them. */
  images(life: Process): Images;
}

/** One house for the whole simulation. */
export class House {
  readonly #world: World;
  readonly #around: Surroundings;
  #lives = 0;
  #current: Process | undefined;
  #running: Running | undefined;
  /** Processes that live, and their engines: more than one only when somebody started a second. */
  readonly #alive = new Map<Process, Running | undefined>();
  readonly #mishaps: Mishaps;

  /** Nothing of it runs before `start`. */
  constructor(world: World, around: Surroundings) {
    this.#world = world;
    this.#around = around;
    this.#mishaps = new Mishaps({
      world,
      alive: () => this.#alive.keys(),
      onStill: (ms, life) => world.watch.froze?.(ms, life, this.#alive.get(life)?.engine.now()),
      onFrozen: (ms, life, how) => this.#perhapsAnother(ms, life, how),
    });
  }

  /** The engine that can be reached now. */
  get running(): Running | undefined {
    return this.#running;
  }

  /** Nothing goes wrong any more: one engine that lives, or will in a moment. */
  heal(): void {
    for (const life of this.#alive.keys()) {
      if (life !== this.#current) life.die();
      else life.heal();
    }
  }

  /** Starts a process; it takes the place of the one before, if that still lives. */
  start(): void {
    const { fate, timeline, watch } = this.#world;
    const number = ++this.#lives;
    const death = fate.happens("engineCrash", "life");
    const way = this.#around.way();
    const life: Process = new Process({
      machine: this.#world,
      number,
      random: fate.about(`life ${number}`),
      diesAt: death ? death.spread(1, DIES_AT_MAX) : Infinity,
      onDeath: () => {
        this.#alive.delete(life);
        watch.died?.(life);
        way.close();
        if (this.#current !== life) return;
        this.#running = undefined;
        this.#restart(life);
      },
    });
    this.#alive.set(life, undefined);
    this.#mishaps.accompany(life);
    this.#current = life;
    this.#running = undefined;
    watch.started?.(life);
    this.#world.touch();
    void this.#begin(life, way).catch(() => {
      // It says why, exits, and is started again.
      timeline.after(0, () => life.die());
    });
  }

  async #begin(life: Process, way: BytesWay): Promise<void> {
    const { sha256, watch } = this.#world;
    const store = new SimulatedStore({
      ...this.#world.storePorts,
      life,
      onLook: (what) => this.#mishaps.perhaps(what, life),
    });
    const engine = await startEngine(
      {
        store,
        clock: life,
        outbox: this.#outbox(life, way),
        images: this.#around.images(life),
        digest: { sha256, salt: () => this.#world.salt() },
        observer: { fault: (error) => watch.faulted?.(error, life) },
      },
      {
        baseUrl: "http://127.0.0.1:8000",
        identity: IDENTITY,
        isBrokered: this.#world.isBrokered,
      },
    );
    const running = new Running(this.#world, engine, life);
    this.#alive.set(life, running);
    if (this.#current === life) this.#running = running;
    way.open(running);
    const stop = this.#world.fate.happens("engineStop", "life");
    if (stop) life.after(stop.spread(1, STOP_MS), () => void engine.stop().then(() => life.die()));
  }

  /** Every message may be the last thing that a process does. */
  #outbox(life: Process, way: BytesWay): Outbox {
    const { watch } = this.#world;
    return {
      send: (message: OutboundMessage) => {
        if (!life.survives()) return;
        watch.sent?.(message, life);
        way.send(message);
      },
      sendChunk: (chunk: OutboundChunk) => {
        if (!life.survives()) return;
        watch.sentChunk?.(chunk, life);
        way.sendChunk({
          ...chunk,
          done: (end) => {
            if (!life.survives()) return;
            watch.chunkEnded?.(chunk, end, life);
            chunk.done(end);
          },
        });
      },
      room: async () => await way.room?.(),
      disconnect: (device) => {
        if (!life.survives()) return;
        watch.disconnected?.(device, life, this.#alive.get(life)?.engine.now() ?? 0);
        way.disconnect(device);
      },
    };
  }

  #restart(dead: Process): void {
    const { fate, timeline } = this.#world;
    const ms = fate.isHealed ? 1_000 : dead.random.spread(500, RESTART_MS);
    timeline.after(ms, () => {
      if (this.#current !== dead) return;
      // A third one finds the first awake, which would hold the lock.
      for (const life of this.#alive.keys()) life.die();
      this.start();
    });
  }

  /** Whoever starts another one ends the first, sooner or later. */
  #perhapsAnother(ms: number, life: Process, how: Random): void {
    const { fate, timeline } = this.#world;
    if (!fate.happens("twoEngines", "life")) return;
    timeline.after(Math.floor(ms / 2), () => {
      if (!life.isFrozen || this.#current !== life) return;
      this.start();
      timeline.after(ms + how.spread(1_000, BOTH_MS), () => life.die());
    });
  }
}
