/**
 * The lifecycle of one task as an XState machine: every rule about states is here, and nowhere
 * else. No delays, no side effects: effects are named actions with empty bodies, deadlines are facts.
 */
import { assign, setup } from "xstate";
import * as change from "./assigns.ts";
import type { TaskEvent, TaskInput } from "./events.ts";
import * as ask from "./guards.ts";
import type { Reason } from "./reasons.ts";
import type { ResumableState, TaskContext, TaskStateName } from "./task.ts";
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

/** An effect: the shell interprets its name, the machine does nothing. */
const effect = (): void => {};

/**
 * The machine of one task, queued to its end.
 *
 * @internal its type is inferred from a schema
 */
export const upgradeMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
  },
  actions: {
    enter: assign(({ event }, params: { reason: Reason | null }) =>
      change.enter(event, params.reason)
    ),
    offer: assign(({ context, event }) => change.offer(context, event)),
    download: assign(({ context, event }) => change.download(context, event)),
    excuse: assign(({ context, event }) => change.excuse(context, event)),
    record: assign(({ context, event }) => change.record(context, event)),
    take: assign(({ event }) => change.take(event)),
    complete: assign(({ context }) => ({ received: context.policy.size })),
    spendAttempt: assign(({ context, event }, params: { reason: Reason }) =>
      change.spendAttempt(context, event, params.reason)
    ),
    pause: assign(({ event }, params: { from: ResumableState }) =>
      change.pause(event, params.from)
    ),
    deferAgain: assign(({ event }) => change.deferAgain(event)),
    resume: assign(({ context, event }) => change.resume(context, event)),
    wish: assign(({ context, event }) => change.wish(context, event)),
    sendMetadata: effect,
    sendVerified: effect,
    sendRetry: effect,
    sendSuccess: effect,
    sendFailed: effect,
    sendCancel: effect,
  },
  guards: {
    isDue: ask.isDue,
    isTooSlow: ask.isTooSlow,
    isDueOffered: (args, params: { state: TaskStateName }) =>
      ask.isDue(args, params) && args.context.offered,
    isStillWanted: ask.isStillWanted,
    says: ask.says,
    saysVerified: (args, params: ask.Said) => ask.isVerified(args) && ask.says(args, params),
    resumesTo: ({ context }, params: { state: ResumableState }) =>
      context.resumeTo === params.state,
    resumesItselfTo: (args, params: { state: ResumableState }) =>
      ask.isDue(args, { state: "paused" }) && ask.isDeferralOver(args) &&
      args.context.resumeTo === params.state,
    isHeardAndResumesTo: ({ context, event }, params: { state: ResumableState }) =>
      event.type === "ContactChanged" && event.data.contact === "listening" &&
      context.reason === "gone" && context.resumeTo === params.state,
    isGone: ({ event }) => event.type === "ContactChanged" && event.data.contact === "gone",
    isHeard: ({ event }) => event.type === "ContactChanged" && event.data.contact === "listening",
    isRight: ask.isRight,
    isRightAndEnough: (args) => ask.isRight(args) && ask.needs(args, "verified"),
    isComplete: ask.isComplete,
    isCompleteAgain: (args) => ask.isComplete(args) && !ask.isVerified(args),
    isNotable: ask.isNotable,
    isFetching: ask.isFetching,
    isIncomplete: (args) => !ask.isComplete(args),
    isUnverified: (args) => !ask.isVerified(args),
    hasRetriesLeft: ask.hasRetriesLeft,
    hasWish: ask.hasWish,
    wasOffered: ({ context }) => context.offered,
    isOwnFinalSuccess: (args) =>
      ask.needs(args, "reported") && ask.says(args, { status: "booted", runs: "new" }),
    installsUnasked: (args) =>
      ask.needs(args, "reported") && ask.says(args, { status: "installing" }),
    rebootsUnasked: (args) =>
      ask.needs(args, "reported") && ask.says(args, { status: "rebooting" }),
    isSeen: (args) => ask.needs(args, "seen") && ask.runsNew(args),
    isSeenRunning: (args) => ask.needs(args, "seen", "booted") && ask.runsNew(args),
  },
}).createMachine({
  id: "upgrade",
  initial: "queued",
  context: ({ input }) => change.begin(input),
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
        UpdateRequested: [seen, wished],
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
        UpdateRequested: [seen, wished],
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
        ContactChanged: goneIn("downloading"),
        DeadlinePassed: [...tooSlow, ...timedOut("downloading", "no_progress")],
      },
    },
    paused: {
      on: {
        ...verifies,
        ...yields,
        ...outdated,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, ...resumeWhere("resumesTo")],
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
        UpdateRequested: [seen, wished],
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
        UpdateRequested: [seen, wished],
        ProgressReported: { guard: "isIncomplete", ...downloads },
        StatusReported: [
          ...ownWord,
          ...deviceFailed,
          deviceRejected,
          deferredIn("verifying"),
        ],
        ContactChanged: goneIn("verifying"),
        DeadlinePassed: timedOut("verifying", "silent"),
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
        ...revokes,
        UpdateRequested: [runsNew, { target: "confirming", actions: [enter()] }],
        ContactChanged: { guard: "isHeard", target: "confirming", actions: [enter()] },
        StatusReported: [...boots, ...deviceFailed],
        DeadlinePassed: {
          guard: due("rebooting"),
          target: "lost",
          actions: [enter("silent"), "sendFailed"],
        },
      },
    },
    confirming: {
      on: {
        ...revokes,
        UpdateRequested: runsNew,
        StatusReported: [...boots.filter((t) => t.target !== "confirming"), ...deviceFailed],
        DeadlinePassed: {
          guard: due("confirming"),
          target: "failed",
          actions: [enter("silent"), "sendFailed"],
        },
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
