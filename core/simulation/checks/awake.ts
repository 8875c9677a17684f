/** How long each life of the engine could be reached without a break, in simulated time. */
import type { Life } from "../watch.ts";

/** A process does not notice that it stood still for less. */
const UNNOTICED_MS = 15_000;

/** A span that ended with a pause. */
interface Before {
  readonly ms: number;
  /** Engine time at its end. */
  readonly at: number;
  /** Of those before it the last: a batch may be held up twice. */
  before: Before | undefined;
}

interface Span {
  readonly since: number;
  readonly before: Before | undefined;
}

/** The lives that can be reached. */
export class Awake {
  readonly #now: () => number;
  readonly #spans = new Map<Life, Span>();

  constructor(now: () => number) {
    this.#now = now;
  }

  reachable(isReachable: boolean, life: Life): void {
    if (!isReachable) return void this.#spans.delete(life);
    this.#spans.set(life, { since: this.#now(), before: undefined });
  }

  died(life: Life): void {
    this.#spans.delete(life);
  }

  /** Stands still from now on; `at`: engine time. */
  froze(ms: number, life: Life, at = 0): void {
    const span = this.#spans.get(life);
    if (!span || ms <= UNNOTICED_MS) return;
    const now = this.#now();
    if (now < span.since) {
      this.#spans.set(life, { ...span, since: Math.max(span.since, now + ms) });
      return;
    }
    const before = { ms: now - span.since, at, before: span.before && { ...span.before } };
    if (before.before) before.before.before = undefined;
    this.#spans.set(life, { since: now + ms, before });
  }

  /** Since when, or from when on; `undefined`: it cannot be reached now. */
  since(life: Life): number | undefined {
    return this.#spans.get(life)?.since;
  }

  /**
   * How long it could be reached without a break, for what was decided at `at` and `due` at that time
   * (engine time): of what was decided before a pause, before it; and what was due before a pause was
   * perhaps taken before it as well.
   */
  longest(life: Life, at: number, due: number): number {
    const span = this.#spans.get(life);
    if (!span) return 0;
    let { before } = span;
    let ms = this.#now() - span.since;
    for (; before && at <= before.at; before = before.before) ms = before.ms;
    return before && due <= before.at ? Math.max(ms, before.ms) : ms;
  }
}
