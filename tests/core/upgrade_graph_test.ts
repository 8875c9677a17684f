/** Every state and transition of the machine, walked by `xstate/graph` and checked one by one. */
import assert from "node:assert/strict";
import { getShortestPaths } from "xstate/graph";
import { initialTransition, transition } from "xstate";
import {
  beginTask,
  deadlineOf,
  isTerminal,
  stepTask,
  taskStates,
  upgradeMachine,
} from "../../core/mod.ts";
import type { Task, TaskEvent, TaskInput, TaskPolicy } from "../../core/mod.ts";
import { IMAGE, on, OTHER, policy, SIZE, T0, TASK } from "./support/given.ts";

/** Of what has no bytes all were given out, from the begin on. */
const policies: readonly Partial<TaskPolicy>[] = [
  { completion: "verified" },
  { completion: "booted" },
  { completion: "reported" },
  { completion: "seen" },
  { completion: "seen", size: 0 },
];

/** The machine's own first step, `xstate.init`, is none of these. */
const eventTypes = Object.fromEntries(upgradeMachine.events.map((type) => [type, true]));

function inputOf(some: Partial<TaskPolicy>): TaskInput {
  const short = policy({ ...some, retries: 1 });
  return { id: TASK, device: "pump-7", actor: "operator:t", at: T0, policy: short };
}

/** One of every kind of event; deadlines are those that the task itself derives. */
function eventsFor(task: Task): TaskEvent[] {
  const deadline = deadlineOf(task);
  const due = deadline
    ? [on.deadline(deadline.due - T0, task.state, deadline.due - T0)]
    : [on.deadline(1, task.state, 1)];
  return [
    on.turn(1),
    on.yield(1),
    on.outdated(1),
    on.request(1),
    on.request(1, { current_version: "2.0.0", resume_from: 512 }),
    on.request(1, { current_version: "1.0.0" }),
    on.request(1, { running: IMAGE }),
    on.request(1, { running: OTHER }),
    on.fetch(1),
    on.progress(1, SIZE / 2),
    on.progress(1, SIZE),
    on.digest(1, IMAGE),
    on.digest(1, OTHER),
    on.badChunks(1, 2),
    on.gone(1),
    on.heard(1),
    on.cancel(1),
    on.revoke(1),
    ...(["installing", "rebooting", "failed", "rolled_back", "deferred", "rejected"] as const)
      .map((status) => on.status(1, status)),
    on.status(1, "booted"),
    on.status(1, "booted", { version: "2.0.0" }),
    on.status(1, "booted", { version: "1.0.0" }),
    ...due,
  ];
}

function taskOf(snapshot: { value: unknown; context: { task: object } }): Task {
  return { state: snapshot.value, ...snapshot.context.task } as Task;
}

function pathsOf(some: Partial<TaskPolicy>) {
  return getShortestPaths(upgradeMachine, {
    input: inputOf(some),
    events: (snapshot) => eventsFor(taskOf(snapshot)),
    serializeState: (snapshot) => {
      const { attempt, resumeTo, offered, received, resumeAt, downloadingSince } =
        snapshot.context.task;
      const flags = [offered, resumeAt > 0, downloadingSince > 0];
      return JSON.stringify([snapshot.value, attempt, resumeTo, received, ...flags]);
    },
    limit: 100_000,
  });
}

Deno.test("upgradeMachine: every state is reached; none waits without a deadline", () => {
  const reached = new Set<string>();
  for (const some of policies) {
    for (const { state } of pathsOf(some)) {
      const task = taskOf(state);
      reached.add(task.state);
      assert.equal(deadlineOf(task) === null, isTerminal(task), `deadline of ${task.state}`);
    }
  }
  assert.deepEqual([...reached].sort(), [...taskStates].sort());
});

Deno.test("stepTask() equals XState's own transition() in every reachable state for every event", () => {
  let compared = 0;
  for (const some of policies) {
    for (const { state } of pathsOf(some)) {
      const task = taskOf(state);
      for (const event of eventsFor(task)) {
        const [next, actions] = transition(upgradeMachine, state, event);
        const step = stepTask(task, event);
        assert.deepEqual(step.task, taskOf(next), `${event.type} in ${task.state}`);
        assert.deepEqual(step.effects, actions.map((action) => action.type));
        assert.equal(step.accepted, next !== state || actions.length > 0);
        compared++;
      }
    }
  }
  assert.ok(compared > 1_000, `only ${compared} comparisons`);
});

Deno.test("beginTask() equals XState's own initialTransition()", () => {
  const [snapshot] = initialTransition(upgradeMachine, inputOf({ completion: "booted" }));
  assert.deepEqual(beginTask(inputOf({ completion: "booted" })), taskOf(snapshot));
});

Deno.test("stepTask(): a terminal state absorbs every event", () => {
  for (const some of policies) {
    for (const { state } of pathsOf(some)) {
      const task = taskOf(state);
      if (!isTerminal(task)) continue;
      for (const event of eventsFor(task)) assert.equal(stepTask(task, event).task, task);
    }
  }
});

Deno.test("stepTask(): replaying every path from JSON gives the same task as living it", () => {
  for (const some of policies) {
    for (const { steps } of pathsOf(some)) {
      const events = steps.map(({ event }) => event).filter((e) => e.type in eventTypes);
      let lived = initialTransition(upgradeMachine, inputOf(some))[0];
      let replayed = beginTask(inputOf(some));
      for (const event of events) {
        lived = transition(upgradeMachine, lived, event)[0];
        replayed = stepTask(JSON.parse(JSON.stringify(replayed)), event).task;
      }
      assert.deepEqual(replayed, taskOf(lived));
    }
  }
});
