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

/** The version of the machine's shape; frozen into each task's first fact. */
export const LIFECYCLE_VERSION = 1;

/** An effect: the shell interprets its name, the machine does nothing. */
const effect = (): void => {};

const due = <S extends TaskStateName>(state: S) => ({ type: "isDue", params: { state } }) as const;
const says = (status: string) => ({ type: "says", params: { status } }) as const;
const enter = (reason: Reason | null = null) => ({ type: "enter", params: { reason } }) as const;
const spend = (reason: Reason) => ({ type: "spendAttempt", params: { reason } }) as const;
const pauseIn = (from: ResumableState) => ({ type: "pause", params: { from } }) as const;

const resumable: readonly ResumableState[] = [
  "offered",
  "downloading",
  "retrying",
  "verifying",
  "awaiting_install",
];

/** A device that goes on is in the phase it was in. */
const resumeWhere = <G extends "resumesTo" | "resumesItselfTo">(guard: G) =>
  resumable.map((state) => ({
    guard: { type: guard, params: { state } } as const,
    target: state,
    actions: guard === "resumesTo"
      ? ["resume", "wish", enter()] as const
      : ["resume", enter(), "sendMetadata"] as const,
  }));

/** The attempt is spent: the next one, or the end. */
const spent = <G>(guard: G, guardWithRetries: G, reason: Reason, end: "failed" | "timed_out") =>
  [
    {
      guard: guardWithRetries,
      target: "retrying",
      actions: [spend(reason), enter(reason), "sendRetry"],
    },
    { guard, target: end, actions: [enter(reason), "sendFailed"] },
  ] as const;

const timedOut = <S extends TaskStateName>(state: S, reason: Reason) =>
  spent(due(state), { type: "isDueWithRetries", params: { state } } as never, reason, "timed_out");

const digest = (reason: Reason) =>
  [
    {
      guard: "isRightAndEnough",
      target: "succeeded",
      actions: ["complete", enter(), "sendSuccess"],
    },
    {
      guard: "isRight",
      target: "awaiting_install",
      actions: ["complete", enter(), "sendVerified"],
    },
    {
      guard: "hasRetriesLeft",
      target: "retrying",
      actions: [spend(reason), enter(reason), "sendRetry"],
    },
    { target: "failed", actions: [enter(reason), "sendFailed"] },
  ] as const;

/** A verify is taken in each of these states, whether or not the engine saw a download. */
const verifies = { DigestReported: digest("wrong_digest"), ChunkFailed: digest("bad_chunks") };

const deviceFailed = spent(
  says("failed"),
  { type: "saysWithRetries", params: { status: "failed" } } as never,
  "device_failed",
  "failed",
);
const deviceRejected = {
  guard: says("rejected"),
  target: "rejected",
  actions: [enter("device_rejected"), "sendFailed"],
} as const;
const bootedWithoutDigest = {
  guard: "isOwnFinalSuccess",
  target: "succeeded",
  actions: [enter(), "sendSuccess"],
} as const;
const deferredIn = (from: ResumableState) =>
  ({
    guard: says("deferred"),
    target: "paused",
    actions: [enter("deferred"), pauseIn(from)],
  }) as const;
const goneIn = (from: ResumableState) =>
  ({ guard: "isGone", target: "paused", actions: [enter("gone"), pauseIn(from)] }) as const;

const seen = { guard: "isSeen", target: "succeeded", actions: [enter(), "sendSuccess"] } as const;
const wished = { guard: "hasWish", actions: ["wish"] } as const;
const downloads = { target: "downloading", actions: ["download", enter()] } as const;
const progresses = [
  { guard: "isComplete", target: "verifying", actions: ["download", enter()] },
  downloads,
] as const;

const cancels = {
  CancelRequested: [
    {
      guard: "wasOffered",
      target: "cancelled",
      actions: [enter("cancelled_by_operator"), "sendCancel"],
    },
    { target: "cancelled", actions: [enter("cancelled_by_operator")] },
  ],
} as const;
const revokes = {
  DeviceRevoked: { target: "cancelled", actions: [enter("device_revoked")] },
} as const;
const activates = {
  Activate: { target: "offered", actions: [enter(), "offer", "sendMetadata"] },
} as const;
const expires = (state: "queued" | "held") =>
  [
    {
      guard: { type: "isDueOffered", params: { state } },
      target: "timed_out",
      actions: [enter("expired"), "sendFailed"],
    },
    { guard: due(state), target: "timed_out", actions: [enter("expired")] },
  ] as const;

/** After the digest was right, only the device's own word ends the task. */
const boots = [
  { guard: "bootsNew", target: "succeeded", actions: [enter(), "sendSuccess"] },
  {
    guard: "bootsOther",
    target: "rolled_back",
    actions: [enter("other_version"), "sendFailed"],
  },
  { guard: says("booted"), target: "confirming", actions: [enter()] },
  {
    guard: says("rolled_back"),
    target: "rolled_back",
    actions: [enter("device_rolled_back"), "sendFailed"],
  },
] as const;
const seenNew = {
  guard: "runsNew",
  target: "succeeded",
  actions: [enter(), "sendSuccess"],
} as const;
const seenOther = {
  guard: "runsOther",
  target: "rolled_back",
  actions: [enter("other_version"), "sendFailed"],
} as const;

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
    offer: assign({ offered: true }),
    download: assign(({ context, event }) => change.download(context, event)),
    record: assign(({ event }) => change.record(event)),
    complete: assign(({ context }) => ({ received: context.policy.size })),
    spendAttempt: assign(({ context, event }, params: { reason: Reason }) =>
      change.spendAttempt(context, event, params.reason)
    ),
    pause: assign(({ event }, params: { from: ResumableState }) =>
      change.pause(event, params.from)
    ),
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
    isDue: (args, params: { state: TaskStateName }) => ask.isDue(args, params.state),
    isDueWithRetries: (args, params: { state: TaskStateName }) =>
      ask.isDue(args, params.state) && ask.hasRetriesLeft(args),
    isDueOffered: (args, params: { state: TaskStateName }) =>
      ask.isDue(args, params.state) && args.context.offered,
    says: (args, params: { status: string }) => ask.says(args, params.status),
    saysWithRetries: (args, params: { status: string }) =>
      ask.says(args, params.status) && ask.hasRetriesLeft(args),
    resumesTo: ({ context }, params: { state: ResumableState }) =>
      context.resumeTo === params.state,
    resumesItselfTo: (args, params: { state: ResumableState }) =>
      ask.isDue(args, "paused") && ask.isDeferralOver(args) &&
      args.context.resumeTo === params.state,
    isHeardAndResumesTo: ({ context, event }, params: { state: ResumableState }) =>
      event.type === "ContactChanged" && event.data.contact === "listening" &&
      context.reason === "gone" && context.resumeTo === params.state,
    installsAfterPause: (args) =>
      ask.says(args, "installing") && args.context.resumeTo === "awaiting_install",
    isGone: ({ event }) => event.type === "ContactChanged" && event.data.contact === "gone",
    isHeard: ({ event }) => event.type === "ContactChanged" && event.data.contact === "listening",
    isRight: ask.isRight,
    isRightAndEnough: (args) => ask.isRight(args) && ask.needs(args, "verified"),
    isComplete: ask.isComplete,
    isNotable: ask.isNotable,
    isIncomplete: (args) => !ask.isComplete(args),
    hasRetriesLeft: ask.hasRetriesLeft,
    hasWish: ask.hasWish,
    wasOffered: ({ context }) => context.offered,
    isOwnFinalSuccess: (args) =>
      ask.needs(args, "reported") && args.event.type === "StatusReported" && ask.runsNew(args),
    isSeen: (args) => ask.needs(args, "seen") && ask.runsNew(args),
    bootsNew: (args) => ask.says(args, "booted") && ask.runsNew(args),
    bootsOther: (args) => ask.says(args, "booted") && ask.runsOther(args),
    runsNew: ask.runsNew,
    runsOther: ask.runsOther,
  },
}).createMachine({
  id: "upgrade",
  initial: "queued",
  context: ({ input }) => change.begin(input),
  states: {
    queued: { on: { ...activates, ...cancels, ...revokes, DeadlinePassed: expires("queued") } },
    held: { on: { ...activates, ...cancels, ...revokes, DeadlinePassed: expires("held") } },
    offered: {
      on: {
        ...verifies,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, wished],
        ArtifactRequested: downloads,
        ProgressReported: progresses,
        StatusReported: [
          bootedWithoutDigest,
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
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, wished],
        ProgressReported: [
          { guard: "isComplete", target: "verifying", actions: ["download", enter()] },
          { guard: "isNotable", actions: ["record"] },
        ],
        StatusReported: [
          bootedWithoutDigest,
          ...deviceFailed,
          deviceRejected,
          deferredIn("downloading"),
        ],
        ContactChanged: goneIn("downloading"),
        DeadlinePassed: timedOut("downloading", "no_progress"),
      },
    },
    paused: {
      on: {
        ...verifies,
        ...cancels,
        ...revokes,
        UpdateRequested: [
          seen,
          ...resumeWhere("resumesTo").map((t) => ({
            ...t,
            actions: [...t.actions, "sendMetadata"] as const,
          })),
        ],
        ArtifactRequested: {
          target: "downloading",
          actions: ["resume", "download", enter()],
        },
        ProgressReported: [
          { guard: "isComplete", target: "verifying", actions: ["resume", "download", enter()] },
          { target: "downloading", actions: ["resume", "download", enter()] },
        ],
        StatusReported: [
          bootedWithoutDigest,
          { guard: "installsAfterPause", target: "installing", actions: [enter()] },
          ...deviceFailed,
          deviceRejected,
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
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, wished],
        ArtifactRequested: downloads,
        ProgressReported: progresses,
        StatusReported: [bootedWithoutDigest, ...deviceFailed, deviceRejected],
        ContactChanged: goneIn("retrying"),
        DeadlinePassed: timedOut("retrying", "silent"),
      },
    },
    verifying: {
      on: {
        ...verifies,
        ...cancels,
        ...revokes,
        UpdateRequested: [seen, wished],
        ProgressReported: { guard: "isIncomplete", ...downloads },
        StatusReported: [
          bootedWithoutDigest,
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
        ...cancels,
        ...revokes,
        UpdateRequested: [seenNew, wished],
        StatusReported: [
          ...boots,
          { guard: says("installing"), target: "installing", actions: [enter()] },
          { guard: says("rebooting"), target: "rebooting", actions: [enter()] },
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
        UpdateRequested: seenNew,
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
        UpdateRequested: [
          seenNew,
          seenOther,
          { target: "confirming", actions: [enter()] },
        ],
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
        UpdateRequested: [seenNew, seenOther],
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
