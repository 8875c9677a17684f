/**
 * The lifecycle of one task as an XState machine: every rule about states is here, and nowhere
 * else. No delays, no side effects: effects are named actions with empty bodies, deadlines are facts.
 */
import { assign, setup } from "xstate";
import * as change from "./assigns.ts";
import type { TaskEvent, TaskInput } from "./events.ts";
import {
  asksWithAll,
  backUnchanged,
  checksLater,
  declines,
  goneWithAll,
  proves,
  runsOld,
  silentWithAll,
  speaksUp,
  staysAway,
  wishesStill,
} from "./concluded.ts";
import { guards } from "./machine_guards.ts";
import type { Reason } from "./reasons.ts";
import type { ResumableState, TaskContext } from "./task.ts";
import {
  activates,
  boots,
  cancels,
  deferredIn,
  defersAgain,
  deviceFailed,
  deviceRejected,
  downloads,
  due,
  enter,
  expires,
  goesOnToInstall,
  goneIn,
  installs,
  outdated,
  ownWord,
  progresses,
  resumable,
  resumeWhere,
  revokes,
  runsNew,
  says,
  seen,
  timedOut,
  tooSlow,
  verifies,
  wished,
  yields,
} from "./transitions.ts";

/** The version of the machine's shape; frozen into each task's first fact. */
export const LIFECYCLE_VERSION = 1;

/**
 * One member, for XState copies them all at each action: objects of twenty members that are made so
 * are slow for whoever touches them later.
 */
export interface LifecycleContext {
  readonly task: TaskContext;
}

function changed({ task }: LifecycleContext, changes: Partial<TaskContext>): LifecycleContext {
  return { task: { ...task, ...changes } };
}

/** An effect: the shell interprets its name, the machine does nothing. */
const effect = (): void => {};

/**
 * The machine of one task, queued to its end.
 *
 * @internal its type is inferred from a schema
 */
export const upgradeMachine = setup({
  types: {
    context: {} as LifecycleContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
  },
  actions: {
    enter: assign(({ context, event }, params: { reason: Reason | null }) =>
      changed(context, change.enter(event, params.reason))
    ),
    offer: assign(({ context, event }) => changed(context, change.offer(context.task, event))),
    download: assign(({ context, event }) =>
      changed(context, change.download(context.task, event))
    ),
    excuse: assign(({ context, event }) => changed(context, change.excuse(context.task, event))),
    record: assign(({ context, event }) => changed(context, change.record(context.task, event))),
    take: assign(({ context, event }) => changed(context, change.take(event))),
    complete: assign(({ context }) => changed(context, change.complete(context.task))),
    spendAttempt: assign(({ context, event }, params: { reason: Reason }) =>
      changed(context, change.spendAttempt(context.task, event, params.reason))
    ),
    pause: assign(({ context, event }, params: { from: ResumableState }) =>
      changed(context, change.pause(event, params.from))
    ),
    deferAgain: assign(({ context, event }) => changed(context, change.deferAgain(event))),
    resume: assign(({ context, event }) => changed(context, change.resume(context.task, event))),
    wish: assign(({ context, event }) => changed(context, change.wish(context.task, event))),
    sendMetadata: effect,
    sendVerified: effect,
    sendRetry: effect,
    sendSuccess: effect,
    sendFailed: effect,
    sendCancel: effect,
  },
  guards,
}).createMachine({
  id: "upgrade",
  initial: "queued",
  context: ({ input }) => ({ task: change.begin(input) }),
  states: {
    queued: {
      on: {
        ...activates,
        ...outdated,
        ...cancels,
        ...revokes,
        DeadlinePassed: expires("queued"),
      },
    },
    held: {
      on: {
        ...activates,
        ...outdated,
        ...cancels,
        ...revokes,
        DeadlinePassed: expires("held"),
      },
    },
    offered: {
      on: {
        ...verifies,
        ...yields,
        ...outdated,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, proves, wished],
        ArtifactRequested: downloads,
        ProgressReported: progresses,
        StatusReported: [
          ...ownWord,
          ...deviceFailed,
          deviceRejected,
          deferredIn("offered"),
        ],
        DeadlinePassed: { guard: due("offered"), target: "held", actions: [enter("offline")] },
      },
    },
    downloading: {
      on: {
        ...verifies,
        ...yields,
        ...outdated,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, proves, asksWithAll, wished],
        ProgressReported: [
          { guard: "isComplete", target: "verifying", actions: ["download", enter()] },
          { guard: "isNotable", actions: ["excuse", "record"] },
        ],
        ArtifactRequested: { guard: "isFetching", actions: ["excuse", "take"] },
        StatusReported: [
          ...ownWord,
          ...deviceFailed,
          deviceRejected,
          deferredIn("downloading"),
        ],
        ContactChanged: [goneWithAll, goneIn("downloading")],
        DeadlinePassed: [
          silentWithAll("downloading"),
          ...tooSlow,
          ...timedOut("downloading", "no_progress"),
        ],
      },
    },
    paused: {
      on: {
        ...verifies,
        ...yields,
        ...outdated,
        ...cancels,
        ...revokes,
        UpdateRequested: [
          seen,
          proves,
          ...backUnchanged,
          ...resumeWhere("resumesTo"),
        ],
        ArtifactRequested: {
          guard: "isUnverified",
          target: "downloading",
          actions: ["resume", "download", enter()],
        },
        ProgressReported: [
          {
            guard: "isCompleteAgain",
            target: "verifying",
            actions: ["resume", "download", enter()],
          },
          {
            guard: "isUnverified",
            target: "downloading",
            actions: ["resume", "download", enter()],
          },
        ],
        StatusReported: [
          ...ownWord,
          ...goesOnToInstall,
          ...deviceFailed,
          deviceRejected,
          defersAgain,
        ],
        ContactChanged: resumable.map((state) => ({
          guard: { type: "isHeardAndResumesTo", params: { state } } as const,
          target: state,
          actions: ["resume", enter()] as const,
        })),
        DeadlinePassed: [
          ...resumeWhere("resumesItselfTo"),
          { guard: due("paused"), target: "held", actions: ["resume", enter("offline")] },
        ],
      },
    },
    retrying: {
      on: {
        ...verifies,
        ...yields,
        ...outdated,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, proves, wished],
        ArtifactRequested: downloads,
        ProgressReported: progresses,
        StatusReported: [...ownWord, ...deviceFailed, deviceRejected],
        ContactChanged: goneIn("retrying"),
        DeadlinePassed: timedOut("retrying", "silent"),
      },
    },
    verifying: {
      on: {
        ...verifies,
        ...yields,
        ...outdated,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, proves, asksWithAll, wished],
        ProgressReported: { guard: "isIncomplete", ...downloads },
        StatusReported: [
          ...ownWord,
          ...deviceFailed,
          deviceRejected,
          deferredIn("verifying"),
        ],
        ContactChanged: [goneWithAll, goneIn("verifying")],
        DeadlinePassed: [silentWithAll("verifying"), ...timedOut("verifying", "silent")],
      },
    },
    awaiting_install: {
      on: {
        ...yields,
        ...outdated,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, wished],
        StatusReported: [
          ...boots,
          ...installs,
          ...deviceFailed,
          deviceRejected,
          deferredIn("awaiting_install"),
        ],
        DeadlinePassed: {
          guard: due("awaiting_install"),
          target: "timed_out",
          actions: [enter("silent"), "sendFailed"],
        },
      },
    },
    installing: {
      on: {
        ...revokes,
        UpdateRequested: seen,
        StatusReported: [
          ...boots,
          { guard: says("rebooting"), target: "rebooting", actions: [enter()] },
          ...deviceFailed,
        ],
        DeadlinePassed: {
          guard: due("installing"),
          target: "failed",
          actions: [enter("silent"), "sendFailed"],
        },
      },
    },
    rebooting: {
      on: {
        ...speaksUp,
        ...revokes,
        UpdateRequested: [
          runsNew,
          { guard: "isSaid", target: "confirming", actions: [enter()] },
          wishesStill,
        ],
        ContactChanged: { guard: "isHeardAndSaid", target: "confirming", actions: [enter()] },
        StatusReported: [...boots, ...deviceFailed, declines],
        DeadlinePassed: [
          checksLater,
          {
            guard: due("rebooting"),
            target: "lost",
            actions: [enter("silent"), "sendFailed"],
          },
        ],
      },
    },
    confirming: {
      on: {
        ...speaksUp,
        ...revokes,
        UpdateRequested: [runsNew, ...runsOld, wishesStill],
        StatusReported: [
          ...boots.filter((t) => t.target !== "confirming"),
          ...deviceFailed,
          declines,
        ],
        DeadlinePassed: [
          staysAway,
          {
            guard: due("confirming"),
            target: "failed",
            actions: [enter("silent"), "sendFailed"],
          },
        ],
      },
    },
    succeeded: { type: "final" },
    failed: { type: "final" },
    timed_out: { type: "final" },
    rejected: { type: "final" },
    cancelled: { type: "final" },
    superseded: { type: "final" },
    rolled_back: { type: "final" },
    lost: { type: "final" },
  },
});
