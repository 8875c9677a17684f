/** How long each life of the engine could be reached without a break, in simulated time. */
import type { Life } from "../watch.ts";

/** A process does not notice that it stood still for less. */
const UNNOTICED_MS = 15_000;

interface Span {
  since: number;
  /** How long the span before it was, and the pause between them. */
  beforeMs: number;
  pauseMs: number;
  /** A pause that began while something decided earlier was being written. */
  pending?: { readonly at: number; readonly until: number } | undefined;
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
    this.#spans.set(life, { since: this.#now(), beforeMs: 0, pauseMs: 0 });
  }

  died(life: Life): void {
    this.#spans.delete(life);
  }

  /** Stood still during a commit: what is in it was decided before. */
  froze(ms: number, life: Life): void {
    const span = this.#spans.get(life);
    const at = this.#now();
    if (span && ms > UNNOTICED_MS) span.pending = { at, until: at + ms };
  }

  /** The commit is over. */
  decided(life: Life): void {
    const span = this.#spans.get(life);
    if (!span?.pending) return;
    const { at, until } = span.pending;
    span.beforeMs = at - span.since;
    span.pauseMs = until - at;
    span.since = Math.max(this.#now(), until);
    span.pending = undefined;
  }

  /** Since when; `undefined`: it cannot be reached now. */
  since(life: Life): number | undefined {
    const span = this.#spans.get(life);
    return span?.pending ? undefined : span?.since;
  }

  /**
   * The longest time without a break that counts for a deadline which was due `lateMs` ago: what was
   * due before a pause was perhaps taken before it as well.
   */
  longest(life: Life, lateMs: number): number {
    const span = this.#spans.get(life);
    if (!span) return 0;
    const nowMs = (span.pending?.at ?? this.#now()) - span.since;
    const wasDueBefore = lateMs >= nowMs + span.pauseMs;
    return wasDueBefore ? Math.max(nowMs, span.beforeMs) : nowMs;
  }
}
