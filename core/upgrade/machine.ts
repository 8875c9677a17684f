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
import * as ask from "./guards.ts";
import type { Reason } from "./reasons.ts";
import * as run from "./running.ts";
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

/** A guard of the machine that asks about the task. */
function asks<P = undefined>(question: (asked: ask.Asked, params: P) => boolean) {
  return (args: { context: LifecycleContext; event: TaskEvent }, params: P): boolean =>
    question({ context: args.context.task, event: args.event }, params);
}

/** A client that only fetches is there when it fetches: it may check for weeks, and leave it at that. */
function goesOnByFetching({ reason }: TaskContext, event: TaskEvent): boolean {
  return event.type === "UpdateRequested" && event.data.fetch_only === true && reason === "gone";
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
  guards: {
    isDue: asks(ask.isDue),
    isTooSlow: asks(ask.isTooSlow),
    isDueOffered: asks((asked, params: { state: TaskStateName }) =>
      ask.isDue(asked, params) && asked.context.offered
    ),
    isStillWanted: asks(ask.isStillWanted),
    says: asks(ask.says),
    saysVerified: asks((asked, params: ask.Said) =>
      ask.isVerified(asked) && ask.says(asked, params)
    ),
    resumesTo: asks(({ context, event }, params: { state: ResumableState }) =>
      context.resumeTo === params.state && !goesOnByFetching(context, event)
    ),
    resumesItselfTo: asks((asked, params: { state: ResumableState }) =>
      ask.isDue(asked, { state: "paused" }) && ask.isDeferralOver(asked) &&
      asked.context.resumeTo === params.state
    ),
    isHeardAndResumesTo: asks(({ context, event }, params: { state: ResumableState }) =>
      ask.isContact({ context, event }, "listening") &&
      context.reason === "gone" && context.resumeTo === params.state
    ),
    isGone: asks((asked) => ask.isContact(asked, "gone")),
    isRight: asks(ask.isRight),
    isRightAndEnough: asks((asked) => ask.isRight(asked) && ask.needs(asked, "verified")),
    isComplete: asks(ask.isComplete),
    isCompleteAgain: asks((asked) => ask.isComplete(asked) && !ask.isVerified(asked)),
    isNotable: asks(ask.isNotable),
    isFetching: asks(ask.isFetching),
    isIncomplete: asks((asked) => !ask.isComplete(asked)),
    isUnverified: asks((asked) => !ask.isVerified(asked)),
    hasRetriesLeft: asks(ask.hasRetriesLeft),
    hasWish: asks(ask.hasWish),
    wasOffered: asks(({ context }) => context.offered),
    isOwnFinalSuccess: asks((asked) =>
      ask.needs(asked, "reported") && ask.says(asked, { status: "booted", runs: "new" })
    ),
    installsUnasked: asks((asked) =>
      ask.needs(asked, "reported") && ask.says(asked, { status: "installing" })
    ),
    rebootsUnasked: asks((asked) =>
      ask.needs(asked, "reported") && ask.says(asked, { status: "rebooting" })
    ),
    isSeen: asks((asked) => ask.needs(asked, "seen") && run.runsNew(asked)),
    isSeenRunning: asks((asked) => ask.needs(asked, "seen", "booted") && run.runsNew(asked)),
    isProof: asks((asked) => ask.needs(asked, "verified") && run.runsImage(asked)),
    isAllGiven: asks(run.isAllGiven),
    isGoneWithAll: asks((asked) => ask.isContact(asked, "gone") && run.isAllGiven(asked)),
    isDueWithAll: asks((asked, params: { state: TaskStateName }) =>
      ask.isDue(asked, params) && run.isAllGiven(asked)
    ),
    isSaid: asks((asked) => !ask.needs(asked, "seen")),
    isHeardAndSaid: asks((asked) => ask.isContact(asked, "listening") && !ask.needs(asked, "seen")),
    isDueSeen: asks((asked, params: { state: TaskStateName }) =>
      ask.isDue(asked, params) && ask.needs(asked, "seen")
    ),
    isOld: asks((asked) => ask.needs(asked, "seen") && run.runsOld(asked)),
    isOldWithRetries: asks((asked) =>
      ask.needs(asked, "seen") && run.runsOld(asked) && ask.hasRetriesLeft(asked)
    ),
    isBack: asks(run.isBackUnchanged),
    isBackWithRetries: asks((asked) => run.isBackUnchanged(asked) && ask.hasRetriesLeft(asked)),
    isConcluded: asks(({ context }) => run.isConcluded(context)),
    isConcludedRight: asks((asked) => run.isConcluded(asked.context) && ask.isRight(asked)),
    isConcludedWithRetries: asks((asked) =>
      run.isConcluded(asked.context) && ask.hasRetriesLeft(asked)
    ),
    isConcludedComplete: asks((asked) => run.isConcluded(asked.context) && ask.isComplete(asked)),
    isConcludedWish: asks((asked) => run.isConcluded(asked.context) && ask.hasWish(asked)),
    isConcludedRejected: asks((asked) =>
      run.isConcluded(asked.context) && ask.says(asked, { status: "rejected" })
    ),
  },
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
