/** How long each life of the engine could be reached without a break, in simulated time. */
import type { Life } from "../watch.ts";

/** A process does not notice that it stood still for less. */
const UNNOTICED_MS = 15_000;
/** So many breaks hold up what was begun before them. */
const BREAKS_MAX = 3;

/** A span that ended with a break. */
interface Ended {
  readonly ms: number;
  /** Engine time at its end. */
  readonly at: number;
}

interface Span {
  /** `Infinity`: it cannot be reached. */
  readonly since: number;
  /** It stands still until then, whatever its adapters are told meanwhile. */
  readonly stillUntil: number;
  /** The spans before it, the last one first. */
  readonly ended: readonly Ended[];
}

/** The lives that can be reached. */
export class Awake {
  readonly #now: () => number;
  readonly #spans = new Map<Life, Span>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** It can be reached from now on, or no longer; `at`: engine time. */
  reachable(isReachable: boolean, life: Life, at = 0): void {
    if (!isReachable) return this.#end(life, Infinity, at);
    const { ended, stillUntil } = this.#spanOf(life);
    this.#spans.set(life, { since: Math.max(this.#now(), stillUntil), stillUntil, ended });
  }

  died(life: Life): void {
    this.#spans.delete(life);
  }

  /** Stands still from now on; `at`: engine time. */
  froze(ms: number, life: Life, at = 0): void {
    if (ms <= UNNOTICED_MS) return;
    const until = this.#now() + ms;
    this.#end(life, until, at);
    this.#spans.set(life, { ...this.#spanOf(life), stillUntil: until });
  }

  /** Since when, or from when on; `undefined`: it cannot be reached now. */
  since(life: Life): number | undefined {
    return this.#spans.get(life)?.since;
  }

  /**
   * How long it could be reached without a break, for what was decided at `at` and `due` at that time
   * (engine time): of what was decided before a break, before it; and what was due before a break was
   * perhaps taken before it as well.
   */
  longest(life: Life, at: number, due: number): number {
    const { since, ended } = this.#spanOf(life);
    const held = ended.filter((span) => at <= span.at || due <= span.at).map(({ ms }) => ms);
    const wasBefore = ended.some((span) => at <= span.at);
    return Math.max(0, wasBefore ? 0 : this.#now() - since, ...held);
  }

  #end(life: Life, since: number, at: number): void {
    const span = this.#spanOf(life);
    const ms = this.#now() - span.since;
    const ended = ms < 0 ? span.ended : [{ ms, at }, ...span.ended].slice(0, BREAKS_MAX);
    this.#spans.set(life, { ...span, since: Math.max(span.since, since), ended });
  }

  #spanOf(life: Life): Span {
    return this.#spans.get(life) ?? { since: Infinity, stillUntil: 0, ended: [] };
  }
}
