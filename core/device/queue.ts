/** The order of a device's tasks: by priority class, then first come, first served. */
import type { Priority } from "../protocol/mod.ts";
import { expiresAt, isActive, isWaiting } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";

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

/** The task whose turn it is when the device listens or asks: none while another is active. */
export function nextTask(tasks: readonly Task[], at: number): Task | undefined {
  if (activeTask(tasks)) return undefined;
  return tasks.find((task) => isWaiting(task) && at < expiresAt(task));
}
