/**
 * Feeds `DeadlinePassed`: one timer for the earliest deadline of all. Our own silence never counts
 * against a device: a deadline is fed only when the engine was reachable for min(limit, 5 min).
 */
import { CLOCK_STEP_MS, REACHABLE_MS } from "../protocol/limits.ts";
import { deadlineOf } from "../upgrade/deadline.ts";
import type { Task } from "../upgrade/task.ts";
import type { Answer, DeadlineInput } from "./inputs.ts";
import type { Clock, DueTask, Store } from "./ports.ts";

/** Deadlines taken from the store at once. */
const DUE_MAX = 500;
/** A timer is never set further ahead: one that comes late shows that the engine stood still. */
const SLEEP_MAX_MS = 10_000;
/** Two looks at the store are at least so far apart, whatever it says. */
const SLEEP_MIN_MS = 250;
/** No deadline is known. */
const LATER = Number.MAX_SAFE_INTEGER;
/** After a fault the deadlines are looked at again so soon. */
const RETRY_MS = 1_000;

/** What takes the deadlines. */
export interface DeadlineTaker {
  /** Engine time. */
  now(): number;
  /** Follows the wall clock; true: it leapt, perhaps as this machine slept. */
  followClock(): boolean;
  /** Queues the input; resolves when it was decided. */
  submit(input: DeadlineInput): Promise<Answer>;
  /** Told when the store could not be asked; it is asked again in a second. */
  onFault(error: unknown): void;
}

/** The timer of all deadlines. */
export class Deadlines {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #engine: DeadlineTaker;
  #reachableSince = 0;
  #wakeAt = Infinity;
  /** When the timer comes, on the monotonic clock; `Infinity`: none is set. */
  #comesAt = Infinity;
  #cancel: (() => void) | undefined;
  #running = false;
  #isReachable = true;
  #isFeeding = false;

  /** Nothing is fed before `start`. */
  constructor(store: Store, clock: Clock, engine: DeadlineTaker) {
    this.#store = store;
    this.#clock = clock;
    this.#engine = engine;
  }

  /** The engine is reachable from now on. */
  start(): void {
    this.#running = true;
    this.#reachableSince = this.#engine.now();
    this.#wake(this.#engine.now());
  }

  /** Devices can reach the engine, or no longer: the time between counts against nobody. */
  reachable(isReachable: boolean): void {
    this.#isReachable = isReachable;
    if (isReachable) this.reachableAgain();
    else this.#cancel?.();
  }

  /** The engine was away (asleep, cut off) until now: the time before counts against nobody. */
  reachableAgain(): void {
    this.#reachableSince = this.#engine.now();
    this.#wakeAt = Infinity;
    this.#wake(this.#engine.now());
  }

  /** Nothing is fed any more. */
  stop(): void {
    this.#running = false;
    this.#cancel?.();
  }

  /** Tasks changed: the next deadline may be earlier now. */
  note(tasks: readonly Task[]): void {
    // A timer that is late is not replaced by one that is not.
    this.#noteAbsence();
    for (const task of tasks) {
      const deadline = deadlineOf(task);
      if (deadline) this.#wake(Math.max(deadline.due, this.#ripeAt(deadline.limitMs)));
    }
  }

  /** From when on a limit of that length may count against a device. */
  #ripeAt(limitMs: number): number {
    return this.#reachableSince + Math.min(limitMs, REACHABLE_MS);
  }

  /** The longest limit that may count against a device now. */
  #ripeLimitMs(): number {
    const reachableMs = this.#engine.now() - this.#reachableSince;
    return reachableMs >= REACHABLE_MS ? Number.MAX_SAFE_INTEGER : reachableMs;
  }

  #wake(at: number): void {
    if (!this.#running || !this.#isReachable || at >= this.#wakeAt) return;
    this.#wakeAt = at;
    this.#cancel?.();
    const ms = Math.min(Math.max(at - this.#engine.now(), SLEEP_MIN_MS), SLEEP_MAX_MS);
    this.#comesAt = this.#clock.monotonic() + ms;
    this.#cancel = this.#clock.after(ms, () => this.#come());
  }

  /** A timer is set at all times: one that comes late shows that this process stood still. */
  #come(): void {
    this.#noteAbsence();
    if (this.#engine.followClock()) this.#reachableSince = this.#engine.now();
    const [now, next] = [this.#engine.now(), this.#wakeAt];
    this.#wakeAt = this.#comesAt = Infinity;
    if (now < next) return this.#wake(next);
    const guardAt = now + SLEEP_MAX_MS;
    this.#wake(guardAt);
    if (!this.#isFeeding) void this.#feed(guardAt);
  }

  /** `guardAt`: when to look again if the store takes so long. */
  async #feed(guardAt: number): Promise<void> {
    this.#isFeeding = true;
    const next = await this.#feedDue().catch((error) => {
      this.#engine.onFault(error);
      return this.#engine.now() + RETRY_MS;
    });
    this.#isFeeding = false;
    this.#noteAbsence();
    if (this.#wakeAt === guardAt) this.#wakeAt = Infinity;
    this.#wake(next);
  }

  /** The time before this process stood still counts against nobody. */
  #noteAbsence(): void {
    const isLate = this.#clock.monotonic() > this.#comesAt + CLOCK_STEP_MS;
    if (isLate) this.#reachableSince = this.#engine.now();
  }

  /** Feeds what is due, and says when to look again. */
  async #feedDue(): Promise<number> {
    if (!this.#isReachable) return LATER;
    const store = this.#store;
    const now = this.#engine.now();
    const due = await store.dueTasks(now, this.#ripeLimitMs(), DUE_MAX);
    // The broker may have gone while the store was asked.
    if (!this.#isReachable) return LATER;
    const answers = await Promise.all(due.map((task) => this.#engine.submit(toInput(task))));
    const next = await store.nextDue(now, this.#ripeLimitMs());
    return Math.min(
      answers.some(({ ok }) => !ok) ? now + RETRY_MS : LATER,
      due.length === DUE_MAX ? now : LATER,
      next.due ?? LATER,
      next.limitMs === null ? LATER : this.#ripeAt(next.limitMs),
    );
  }
}

function toInput({ device, task, state, due }: DueTask): DeadlineInput {
  return { kind: "deadline", device, task, state, due };
}
