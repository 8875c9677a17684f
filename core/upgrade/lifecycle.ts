/** Steps one task: facts in, the next state and effects out, as the machine has it. Pure and fast. */
import { begin } from "./assigns.ts";
import type { TaskEffect, TaskEvent, TaskInput } from "./events.ts";
import type { LifecycleContext } from "./machine.ts";
import { transitionsOf } from "./table.ts";
import type { Task } from "./task.ts";

/** What a step made of an event. */
export interface TaskStep {
  /** The task afterwards; the same object when nothing changed. */
  readonly task: Task;
  /** What the shell has to do, in order. */
  readonly effects: readonly TaskEffect[];
  /** False: the machine refused the event, nothing changed. */
  readonly accepted: boolean;
}

/** A task that was just queued. */
export function beginTask(input: TaskInput): Task {
  return { ...begin(input), state: "queued" };
}

/** Gives the event to the task. The same task and event always give the same step. */
export function stepTask(task: Task, event: TaskEvent): TaskStep {
  const args = { context: { task }, event };
  const transition = transitionsOf(task.state, event.type).find(({ mayTake }) => mayTake(args));
  if (!transition) return { task, effects: [], accepted: false };
  const { target = task.state, changes, effects } = transition;
  let context: LifecycleContext = args.context;
  for (const change of changes) context = change({ context, event });
  return { task: { ...context.task, state: target }, effects, accepted: true };
}
