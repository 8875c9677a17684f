/** The weather over the two ways to an engine, and how it changes while devices fetch. */
import type { Conditions } from "../support/network/conditions.ts";
import { Weather } from "../support/network/weather.ts";

/** What both ways are like for a while. */
export interface Phase {
  /** From so many milliseconds after the beginning on. */
  readonly fromMs: number;
  readonly http: Conditions;
  readonly mqtt: Conditions;
}

/** One phase after the other. */
export type Phases = readonly [Phase, ...Phase[]];

/** One line for both ways, the same all the time. */
export function always(conditions: Conditions): Phases {
  return [{ fromMs: 0, http: conditions, mqtt: conditions }];
}

/** It changes by the clock, once it has begun; before that it is as at the beginning. */
export class ChangingWeather implements Disposable {
  readonly http: Weather;
  readonly mqtt: Weather;
  readonly #phases: Phases;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  /** Two ways with the same conditions in each phase are one line; all that is random comes from the seed. */
  constructor(phases: Phases, seed = 1) {
    const isOneLine = phases.every(({ http, mqtt }) => http === mqtt);
    const [{ http, mqtt }] = phases;
    this.#phases = phases;
    this.http = new Weather(http, seed);
    this.mqtt = isOneLine ? this.http : new Weather(mqtt, seed);
  }

  /** The devices begin. */
  begin(): void {
    for (const phase of this.#phases) {
      this.#timers.push(setTimeout(() => this.#become(phase), phase.fromMs));
    }
  }

  #become({ http, mqtt }: Phase): void {
    this.http.become(http);
    if (this.mqtt !== this.http) this.mqtt.become(mqtt);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
