/**
 * Feeds `DeadlinePassed`: one timer for the earliest deadline of all. Our own silence never counts
 * against a device: a deadline is fed only when the engine was reachable for min(limit, 5 min).
 */
import { REACHABLE_MS } from "../protocol/limits.ts";
import { deadlineOf } from "../upgrade/deadline.ts";
import type { Task } from "../upgrade/task.ts";
import type { DeadlineInput } from "./inputs.ts";
import type { DueTask, Ports } from "./ports.ts";

/** Deadlines taken from the store at once. */
const DUE_MAX = 500;
/** A timer is never set further ahead: platforms cannot hold longer ones. */
const SLEEP_MAX_MS = 3_600_000;
/** Two looks at the store are at least so far apart, whatever it says. */
const SLEEP_MIN_MS = 250;

/** The timer of all deadlines. */
export class Deadlines {
  readonly #ports: Ports;
  readonly #now: () => number;
  readonly #submit: (input: DeadlineInput) => Promise<unknown>;
  #reachableSince = 0;
  #wakeAt = Infinity;
  #cancel: (() => void) | undefined;
  #running = false;

  /** `submit` queues the input and resolves when it was decided. */
  constructor(
    ports: Ports,
    now: () => number,
    submit: (input: DeadlineInput) => Promise<unknown>,
  ) {
    this.#ports = ports;
    this.#now = now;
    this.#submit = submit;
  }

  /** The engine is reachable from now on. */
  start(): void {
    this.#running = true;
    this.#reachableSince = this.#now();
    this.#wake(this.#now());
  }

  /** The engine was away (asleep, cut off) until now: the time before counts against nobody. */
  reachableAgain(): void {
    this.#reachableSince = this.#now();
  }

  /** Nothing is fed any more. */
  stop(): void {
    this.#running = false;
    this.#cancel?.();
  }

  /** Tasks changed: the next deadline may be earlier now. */
  note(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const deadline = deadlineOf(task);
      if (deadline) this.#wake(this.#eligibleAt(deadline.due, deadline.limitMs));
    }
  }

  #eligibleAt(due: number, limitMs: number): number {
    return Math.max(due, this.#reachableSince + Math.min(limitMs, REACHABLE_MS));
  }

  #wake(at: number): void {
    if (!this.#running || at >= this.#wakeAt) return;
    this.#wakeAt = at;
    this.#cancel?.();
    const ms = Math.min(Math.max(at - this.#now(), SLEEP_MIN_MS), SLEEP_MAX_MS);
    this.#cancel = this.#ports.clock.after(ms, () => void this.#feed());
  }

  async #feed(): Promise<void> {
    this.#wakeAt = Infinity;
    try {
      const due = await this.#ports.store.dueTasks(this.#now(), DUE_MAX);
      const ripe = due.filter((d) => this.#eligibleAt(d.due, d.limitMs) <= this.#now());
      await Promise.all(ripe.map((task) => this.#submit(toInput(task))));
      const unripe = due.filter((d) => !ripe.includes(d));
      for (const { due, limitMs } of unripe) this.#wake(this.#eligibleAt(due, limitMs));
      const next = await this.#ports.store.nextDue();
      if (next !== undefined && (unripe.length === 0 || next > this.#now())) this.#wake(next);
    } catch (error) {
      this.#ports.observer?.fault?.(error);
    }
    this.#wake(this.#now() + SLEEP_MAX_MS);
  }
}

function toInput({ device, task, state, due }: DueTask): DeadlineInput {
  return { kind: "deadline", device, task, state, due };
}
