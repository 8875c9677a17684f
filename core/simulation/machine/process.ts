/**
 * The process of one engine: it can be killed at any of its awaits and at any of its calls to the
 * outside, and it can stand still. What it began and did not end never happens. Its timers are those of
 * Linux' CLOCK_MONOTONIC: a process that stands still has them late, all that are due at once; those of
 * a machine that slept come later by the time it slept.
 */
import type { Clock } from "../../engine/mod.ts";
import type { Random } from "../chance/random.ts";
import type { Sleep } from "./sleep.ts";
import type { Timeline } from "./timeline.ts";
import type { Life } from "../watch.ts";

/** The machine that one process after the other runs on. */
export interface Machine {
  readonly timeline: Timeline;
  /** What the wall clock shows at the begin of the timeline, with its jumps; milliseconds. */
  readonly wallAtBegin: number;
  readonly sleep: Sleep;
  /** Promises were settled, or code with promises was called: all of it has to come to rest. */
  touch(): void;
}

/** How a process is. */
export interface ProcessOptions {
  readonly machine: Machine;
  readonly number: number;
  readonly random: Random;
  /** The place, of all where it could die, where it does. */
  readonly diesAt: number;
  readonly onDeath: () => void;
}

/** A process, and the clock that it sees. */
export class Process implements Life, Clock {
  readonly number: number;
  /** What takes how long in it. */
  readonly random: Random;
  readonly #machine: Machine;
  readonly #onDeath: () => void;
  #isAlive = true;
  #points = 0;
  #diesAt: number;
  #frozenUntil = 0;

  /** Nothing of it has happened yet. */
  constructor({ machine, number, random, diesAt, onDeath }: ProcessOptions) {
    this.#machine = machine;
    this.number = number;
    this.random = random;
    this.#diesAt = diesAt;
    this.#onDeath = onDeath;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** A place where it may die; true: it goes on. */
  survives(): boolean {
    if (this.#isAlive && ++this.#points === this.#diesAt) this.die();
    return this.#isAlive;
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#diesAt = Infinity;
  }

  /** Ends it at once. */
  die(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#onDeath();
  }

  /** It does nothing for so long, while the world goes on. */
  freeze(ms: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.#machine.timeline.now + ms);
  }

  /** Whether it stands still. */
  get isFrozen(): boolean {
    return this.#stillMs > 0;
  }

  /** So long nothing of it happens from now on. */
  get #stillMs(): number {
    const { timeline, sleep } = this.#machine;
    return Math.max(this.#frozenUntil - timeline.now, sleep.leftMs);
  }

  wall = (): number => Math.floor(this.#machine.wallAtBegin + this.#machine.timeline.now);

  monotonic = (): number => this.#machine.timeline.now - this.#machine.sleep.sleptMs;

  soon = (call: () => void): void => void this.after(0, call);

  after = (ms: number, call: () => void): () => void => {
    const { timeline, sleep } = this.#machine;
    let takeBack = () => {};
    let sleptMs = sleep.sleptMs;
    const run = () => {
      if (!this.#isAlive) return;
      const lateMs = sleep.totalMs - sleptMs;
      // What was due once is due, however long the machine sleeps then.
      const waitMs = lateMs > 0 ? lateMs : this.#stillMs;
      sleptMs = lateMs > 0 ? sleep.totalMs : Infinity;
      if (waitMs > 0) takeBack = timeline.after(waitMs, run);
      else if (this.survives()) {
        this.#machine.touch();
        call();
      }
    };
    takeBack = timeline.after(Math.max(0, ms), run);
    return () => takeBack();
  };

  /** Resolves after `ms` with what `work` gives then; never, if it dies before. */
  later<T>(ms: number, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.after(ms, () => {
        try {
          const result = work();
          if (this.survives()) resolve(result);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
