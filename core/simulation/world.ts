/** What everybody in a simulation shares: time, fate, the disk and those who watch. */
import type { Sha256 } from "../log/mod.ts";
import type { Catalogue } from "./catalogue.ts";
import { Disk } from "./machine/disk.ts";
import type { Fate } from "./chance/fate.ts";
import type { Machine } from "./machine/process.ts";
import { Sleep } from "./machine/sleep.ts";
import { Timeline } from "./machine/timeline.ts";
import type { DiskTrouble, StorePorts } from "./machine/store.ts";
import type { Witness } from "./watch.ts";

/** Wall clock at the begin of every simulation: noon of a day in 2026 (UTC). */
export const BEGIN_AT = 1_767_268_800_000;

/** What a world is made of. */
export interface WorldOptions {
  readonly fate: Fate;
  readonly sha256: Sha256;
  readonly catalogue: Catalogue;
  readonly watch: Witness;
  /** Whether devices are behind a broker of somebody else's. */
  readonly isBrokered: boolean;
}

/** The world of one run. */
export class World implements Machine {
  readonly fate: Fate;
  readonly sha256: Sha256;
  readonly catalogue: Catalogue;
  readonly watch: Witness;
  readonly isBrokered: boolean;
  readonly timeline = new Timeline();
  readonly disk = new Disk();
  readonly diskTrouble: DiskTrouble = { fullUntil: 0, brokenUntil: 0 };
  wallAtBegin = BEGIN_AT;
  readonly sleep = new Sleep(this.timeline);
  #isTouched = false;
  #salt = 0;

  constructor({ fate, sha256, catalogue, watch, isBrokered }: WorldOptions) {
    this.fate = fate;
    this.sha256 = sha256;
    this.catalogue = catalogue;
    this.watch = watch;
    this.isBrokered = isBrokered;
  }

  /** What every store works with. */
  get storePorts(): Omit<StorePorts, "life" | "onLook"> {
    const { disk, diskTrouble: trouble, fate, watch } = this;
    return { disk, trouble, fate, watch, now: () => this.now };
  }

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.timeline.now;
  }

  /** How long the monotonic clock of the engine's machine stood still. */
  get asleepMs(): number {
    return this.sleep.sleptMs;
  }

  /** What clocks show that are right. */
  get timeNow(): number {
    return BEGIN_AT + this.now;
  }

  /** Lets it happen after `ms`; the returned function takes it back. */
  after(ms: number, run: () => void): () => void {
    return this.timeline.after(ms, run);
  }

  /** The wall clock of the engine's machine is set forward by so much, or back. */
  setClock(byMs: number): void {
    this.watch.clockMoves?.();
    this.wallAtBegin += byMs;
    this.watch.clockMoves?.();
  }

  /** The engine's machine sleeps: its wall clock will have gone on, its monotonic one not. */
  fallAsleep(ms: number): void {
    this.watch.clockMoves?.();
    this.sleep.begin(ms);
  }

  touch(): void {
    this.#isTouched = true;
  }

  /** Whether promises have to come to rest since this was last asked. */
  takeTouched(): boolean {
    const isTouched = this.#isTouched;
    this.#isTouched = false;
    return isTouched;
  }

  /** Never the same twice. */
  salt(): string {
    return (++this.#salt).toString(16).padStart(32, "0");
  }
}
