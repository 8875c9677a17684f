/**
 * What happens to the engine's process and to its machine, whatever they are doing: the process stands
 * still, the machine sleeps, its wall clock jumps.
 */
import type { Random } from "../chance/random.ts";
import type { World } from "../world.ts";
import type { Process } from "./process.ts";

/** Longest time that a process stands still, or a machine sleeps. */
const STILL_MS = 3_600_000;
/** Furthest jump of a wall clock. */
const JUMP_MS = 3 * 86_400_000;
/** So many in a million of these times it is the machine that sleeps. */
const SLEEP_PPM = 300_000;
/** In the mean so long from one moment that is looked at to the next. */
const MINUTE_MS = 60_000;

/** When something can happen: in a commit, in a look at the store, or at any time. */
export type Occasion = "commit" | "read" | "minute";

/** Who is told. */
export interface MishapsOptions {
  readonly world: World;
  /** The processes that live on the machine. */
  readonly alive: () => Iterable<Process>;
  /** The process begins to stand still. */
  readonly onStill: (ms: number, life: Process) => void;
  /** The process stands still in a commit, and the machine is awake: somebody may start another. */
  readonly onFrozen: (ms: number, life: Process, how: Random) => void;
}

/** The mishaps of all lives of an engine. */
export class Mishaps {
  readonly #options: MishapsOptions;

  /** Nothing has happened yet. */
  constructor(options: MishapsOptions) {
    this.#options = options;
  }

  /** From now on something may happen at any time, as long as the process lives. */
  accompany(life: Process): void {
    const { world } = this.#options;
    const random = world.fate.about(`minutes of life ${life.number}`);
    const goOn = () => {
      world.after(random.between(1, 2 * MINUTE_MS), () => {
        if (!life.isAlive || world.fate.isHealed) return;
        this.perhaps("minute", life);
        goOn();
      });
    };
    goOn();
  }

  /** Something may happen now. */
  perhaps(occasion: Occasion, life: Process): void {
    const { fate, sleep } = this.#options.world;
    // Nobody sets the clock of a machine that sleeps.
    if (sleep.leftMs > 0) return;
    const jump = fate.happens("wallJump", occasion);
    if (jump) this.#jump(jump);
    const still = life.isFrozen ? undefined : fate.happens("engineFreeze", occasion);
    if (still) this.#stand(still, life, occasion);
  }

  #jump(how: Random): void {
    const ms = how.spread(1_000, JUMP_MS);
    this.#options.world.setClock(how.chance(500_000) ? ms : -ms);
  }

  #stand(how: Random, life: Process, occasion: Occasion): void {
    const { world, alive, onStill, onFrozen } = this.#options;
    const ms = how.spread(100, STILL_MS);
    if (how.chance(SLEEP_PPM)) {
      for (const each of alive()) onStill(ms, each);
      return world.fallAsleep(ms);
    }
    onStill(ms, life);
    life.freeze(ms);
    // Elsewhere it would go on to repeat what it knew, until it had to write again.
    if (occasion === "commit") onFrozen(ms, life, how);
  }
}
