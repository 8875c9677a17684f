/**
 * Steps one task: facts in, the next state and effects out. Pure and fast: XState's machine runs
 * with one kept scope, since `transition()` builds a throw-away actor at each call; a test proves
 * the two equal.
 */
import { createEmptyActor } from "xstate";
import type { SnapshotFrom } from "xstate";
import type { TaskEffect, TaskEvent, TaskInput } from "./events.ts";
import { upgradeMachine } from "./machine.ts";
import type { Task, TaskStateName } from "./task.ts";

type Snapshot = SnapshotFrom<typeof upgradeMachine>;
type Scope = Parameters<typeof upgradeMachine.transition>[2];

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
  const snapshot = upgradeMachine.getInitialSnapshot(scope, input);
  return toTask(healthy(snapshot));
}

/** Gives the event to the task. The same task and event always give the same step. */
export function stepTask(task: Task, event: TaskEvent): TaskStep {
  const before = toSnapshot(task);
  emitted = [];
  const after = healthy(upgradeMachine.transition(before, event, scope));
  const effects = emitted;
  const accepted = after !== before || effects.length > 0;
  return { task: after === before ? task : toTask(after), effects, accepted };
}

let emitted: TaskEffect[] = [];

/** The part of an actor that the machine's pure transition asks for; made once, never started. */
const actor = createEmptyActor();
const scope = {
  self: actor,
  system: actor.system,
  id: "",
  sessionId: "",
  logger: () => {},
  defer: () => {},
  stopChild: () => {},
  emit: () => {},
  actionExecutor: (action: { type: string }) => {
    emitted.push(action.type as TaskEffect);
  },
} as unknown as Scope;

/** Snapshots by the task they belong to: a task restored from JSON gets its own when stepped. */
const snapshots = new WeakMap<Task, Snapshot>();

function toSnapshot(task: Task): Snapshot {
  const known = snapshots.get(task);
  if (known) return known;
  const { state, ...rest } = task;
  const snapshot = upgradeMachine.resolveState({ value: state, context: { task: rest } });
  snapshots.set(task, snapshot);
  return snapshot;
}

function toTask(snapshot: Snapshot): Task {
  const { context: { task: context } } = snapshot;
  const task: Task = { ...context, state: snapshot.value as TaskStateName };
  snapshots.set(task, snapshot);
  return task;
}

/** XState turns an exception in a guard or action into a status: a programmer's error, rethrown. */
function healthy(snapshot: Snapshot): Snapshot {
  if (snapshot.status === "error") throw snapshot.error;
  return snapshot;
}
