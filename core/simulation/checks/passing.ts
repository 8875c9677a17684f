/**
 * The states that a commit led through. A message is decided on the state that its own input found or
 * left, and leaves after the whole batch: it may be late by what the rest of the batch did, and by
 * nothing else. So it is true if it was true before or after any row of the last commit, at that instant.
 */
import type { SeenRow } from "../watch.ts";
import type { Court } from "./judge.ts";
import { deviceOf } from "./naive.ts";
import type { NaiveDevice, NaiveTask } from "./naive.ts";
import { isBusy } from "./words.ts";

/** What a message can say of a task. */
export type TaskView = Pick<NaiveTask, "state" | "attempt" | "reason" | "isVerified">;

/** What the last commit passed through. */
export class Passing {
  readonly #court: Court;
  readonly #tasks = new Map<string, TaskView[]>();
  /** Devices that had nothing to do before one of its rows. */
  readonly #idle = new Set<string>();
  #at = -1;
  #isOver = false;

  constructor(court: Court) {
    this.#court = court;
  }

  /** A row is taken next; true: it is the first of its commit. */
  beforeRow({ header: { stream, outcome } }: SeenRow): boolean {
    const { naive, sight: { now } } = this.#court;
    const isFirst = this.#isOver || this.#at !== now;
    if (isFirst) {
      this.#tasks.clear();
      this.#idle.clear();
    }
    this.#at = now;
    this.#isOver = false;
    const device = naive.devices.get(deviceOf(stream));
    if (device && isIdle(device)) this.#idle.add(device.id);
    for (const { task: id } of outcome.moves) {
      const task = naive.tasks.get(id);
      if (!task) continue;
      const { state, attempt, reason, isVerified } = task;
      const views = this.#tasks.get(id);
      const view = { state, attempt, reason, isVerified };
      if (views) views.push(view);
      else this.#tasks.set(id, [view]);
    }
    return isFirst;
  }

  /** The rows of the commit were taken. */
  committed(): void {
    this.#isOver = true;
  }

  /** Whether the last commit was at this instant. */
  get isNow(): boolean {
    return this.#at === this.#court.sight.now;
  }

  /** The task as it is, and as it was within the commit of this instant. */
  viewsOf(task: NaiveTask): readonly TaskView[] {
    const before = this.isNow ? this.#tasks.get(task.id) : undefined;
    return before ? [task, ...before] : [task];
  }

  /** Whether the device has nothing to do, or had nothing to do within the commit of this instant. */
  wasIdle(device: NaiveDevice): boolean {
    return isIdle(device) || this.isNow && this.#idle.has(device.id);
  }
}

function isIdle({ open }: NaiveDevice): boolean {
  return !open.some(({ state }) => isBusy(state));
}
