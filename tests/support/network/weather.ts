/** The weather over one or more networks: what they are like now, and what their connections share. */
import { conditionsOf } from "./conditions.ts";
import type { Conditions, LinkState, Way, WayConditions } from "./conditions.ts";
import { Rate } from "./rate.ts";

/** It can change at any time, for all networks that share it at once. */
export class Weather {
  /** All that is random comes from it. */
  readonly seed: number;
  /** What goes through at the rate that all share. */
  readonly rates: Readonly<Record<Way, Rate>> = { up: new Rate(), down: new Rate() };
  #conditions: Conditions = {};
  #up = conditionsOf("up", {});
  #down = conditionsOf("down", {});
  readonly #watchers: (() => void)[] = [];

  /** `seed`: an integer. */
  constructor(conditions: Conditions = {}, seed = 1) {
    this.seed = seed;
    this.become(conditions);
  }

  /** What it is like now. */
  get conditions(): Conditions {
    return this.#conditions;
  }

  get state(): LinkState {
    return this.#conditions.state ?? "open";
  }

  /** From a byte sent to the answer to it, in milliseconds, when nothing is in the way. */
  get roundTripMs(): number {
    return this.#up.delayMs + this.#down.delayMs;
  }

  /** What one way is like now. */
  of(way: Way): Required<WayConditions> {
    return way === "up" ? this.#up : this.#down;
  }

  /** These conditions, and nothing of those before. What is under way comes when it would have come. */
  become(conditions: Conditions): void {
    this.#conditions = conditions;
    this.#up = conditionsOf("up", conditions);
    this.#down = conditionsOf("down", conditions);
    for (const way of ["up", "down"] as const) {
      this.rates[way].become(this.state === "open" ? this.of(way).bytesPerS : 0);
    }
    for (const changed of this.#watchers) changed();
  }

  /** Calls `changed` after each change from now on; which network this is, counted from 1. */
  watch(changed: () => void): number {
    return this.#watchers.push(changed);
  }
}
