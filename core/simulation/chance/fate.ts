/**
 * Decides what goes wrong, and remembers it. Every incident has a name that does not depend on what
 * else happened: a run can be repeated with only some of them.
 */
import type { Fault, FaultRates } from "./faults.ts";
import { hashOf, Random } from "./random.ts";

/** What an incident is of: a fault, or an operator's order. */
export type IncidentKind = Fault | "order";

/** The fate of one run. */
export class Fate {
  readonly #seed: number;
  readonly #rates: FaultRates;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #occasions = new Map<string, number>();
  /** The incidents so far, in order. */
  readonly incidents: string[] = [];
  /** How often each kind happened. */
  readonly counts = new Map<IncidentKind, number>();
  #isHealed = false;

  /** `only`: these incidents happen and no others, whatever the rates say. */
  constructor(seed: number, rates: FaultRates, only?: readonly string[]) {
    this.#seed = seed;
    this.#rates = rates;
    this.#only = only && new Set(only);
  }

  /** From now on nothing goes wrong any more. */
  heal(): void {
    this.#isHealed = true;
  }

  /** Whether nothing goes wrong any more. */
  get isHealed(): boolean {
    return this.#isHealed;
  }

  /** Whether it happens to `who` on this occasion: numbers for what it is like; otherwise nothing. */
  happens(fault: Fault, who: string | number): Random | undefined {
    if (this.#isHealed) return undefined;
    const ppm = this.#rates[fault];
    if (ppm === 0 && !this.#only) return undefined;
    const place = `${fault} ${who}`;
    const nth = (this.#occasions.get(place) ?? 0) + 1;
    this.#occasions.set(place, nth);
    return this.#happen(fault, `${place} ${nth}`, ppm);
  }

  /** The operator's n-th order: numbers for what it is like, unless it is left out. */
  orders(nth: number): Random | undefined {
    return this.#happen("order", `order ${nth}`, 1_000_000);
  }

  /** Numbers for what is no fault: how long something takes, what is wanted. */
  about(what: string): Random {
    return new Random(hashOf(this.#seed, what));
  }

  #happen(kind: IncidentKind, name: string, ppm: number): Random | undefined {
    const random = new Random(hashOf(this.#seed, name));
    const happens = this.#only ? this.#only.has(name) : random.chance(ppm);
    if (!happens) return undefined;
    this.incidents.push(name);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    return new Random(hashOf(this.#seed, `${name}, how`));
  }
}
