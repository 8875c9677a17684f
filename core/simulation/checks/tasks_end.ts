/** L1: when faults stop, every task ends within the sum of its deadlines. */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveTask } from "./naive.ts";
import { isEnd } from "./words.ts";

/** Every wait may be longer by as much: timers, restarts, grace after a restart. */
const SLACK_MS = 3_600_000;

/** Judges that nothing goes on for ever. */
export class TasksEnd implements Judge {
  readonly #court: Court;
  #healedAt = Infinity;
  /** When tasks were queued, in simulated time. */
  readonly #begun = new Map<string, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  healed(): void {
    this.#healedAt = this.#court.sight.now;
  }

  afterRow({ fact }: SeenRow): void {
    if (fact.type === "TaskQueued" && fact.task) this.#begun.set(fact.task, this.#court.sight.now);
  }

  beforeRow({ header: { outcome } }: SeenRow): void {
    if (this.#healedAt === Infinity) return;
    for (const { task: id, to } of outcome.moves) {
      const task = isEnd(to) ? this.#court.naive.tasks.get(id) : undefined;
      if (task) this.#judge(task, to);
    }
  }

  ended(): void {
    for (const task of this.#court.naive.tasks.values()) {
      if (!isEnd(task.state)) this.#court.deny("L1", `${task.id} is ${task.state} for ever.`);
    }
  }

  #judge(task: NaiveTask, to: string): void {
    const from = Math.max(this.#healedAt, this.#begun.get(task.id) ?? 0);
    const tookMs = this.#court.sight.now - from;
    const mostMs = sumOfDeadlines(task);
    if (tookMs <= mostMs) return;
    this.#court.deny(
      "L1",
      `${task.id} became ${to} ${tookMs} ms after all was well, not ${mostMs}.`,
    );
  }
}

/** It waits until it expires at the latest; each attempt may use every limit. */
function sumOfDeadlines({ policy }: NaiveTask): number {
  const attemptMs = Object.values(policy.limits_ms).reduce((sum, ms) => sum + ms, 0);
  return policy.expires_in_ms + (1 + policy.retries) * attemptMs + SLACK_MS;
}
