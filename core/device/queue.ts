/**
 * The order of a device's tasks: by priority class, then first come, first served; and which of them
 * goes ahead of the active one (PROTOCOL §1, "Offers and preemption").
 */
import { isBelow } from "../protocol/mod.ts";
import type { Priority } from "../protocol/mod.ts";
import { expiresAt, isActive, isWaiting } from "../upgrade/task.ts";
import type { Task, TaskStateName } from "../upgrade/task.ts";

const rank: Readonly<Record<Priority, number>> = { security: 0, normal: 1, low: 2 };

/** The tasks with one more, in the order they go. Numbers only grow, so they keep who came first. */
export function enqueue(tasks: readonly Task[], task: Task): readonly Task[] {
  return [...tasks, task].sort((a, b) =>
    rank[a.policy.priority] - rank[b.policy.priority] || a.policy.number - b.policy.number
  );
}

/** The one task that holds the device's lock. */
export function activeTask(tasks: readonly Task[]): Task | undefined {
  return tasks.find(isActive);
}

/** The task whose turn it is when the device listens or asks: none while the active one goes on. */
export function nextTask(tasks: readonly Task[], at: number): Task | undefined {
  const next = tasks.find((task) => isWaiting(task) && at < expiresAt(task));
  const active = activeTask(tasks);
  return !next || !active || goesAhead(next, active) ? next : undefined;
}

/** From installing on, nothing may disturb a device: not even a task for security. */
const undisturbed: readonly TaskStateName[] = ["installing", "rebooting", "confirming"];

/** A higher class goes before what is not answered yet; security before what is not installed yet. */
function goesAhead({ policy: { priority } }: Task, active: Task): boolean {
  const isUnanswered = active.state === "offered" && !active.answered;
  return rank[priority] < rank[active.policy.priority] &&
    (isUnanswered || priority === "security" && !undisturbed.includes(active.state));
}

/**
 * The task that had to yield last and waits for its turn since. Of two at the same instant it is the
 * one that goes first: it had gone ahead of the other.
 */
export function lastPreempted(tasks: readonly Task[]): Task | undefined {
  return tasks
    .filter((task) => isWaiting(task) && task.reason === "preempted")
    .reduce<Task | undefined>(
      (last, task) => last && last.since >= task.since ? last : task,
      undefined,
    );
}

/** Whether the task would bring less than the device runs, and nobody allowed that (I9). */
export function isOutdated({ policy }: Task, version: string | null): boolean {
  return version !== null && !policy.allow_downgrade && isBelow(policy.version, version);
}
