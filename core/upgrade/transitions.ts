/**
 * The transitions that several states of the machine share, each under the name of what happens.
 * They name guards and actions; what those do stands in `guards.ts` and `assigns.ts`.
 */
// deno-lint-ignore-file explicit-module-boundary-types -- XState checks the literal types of these
import type { DeviceStatus } from "../protocol/mod.ts";
import type { Reason } from "./reasons.ts";
import type { ResumableState, TaskStateName } from "./task.ts";

export const due = (state: TaskStateName) => ({ type: "isDue", params: { state } }) as const;
/** The device's word; `runs`: and with it that it runs the task's version, or another. */
export const says = (status: DeviceStatus, runs?: "new" | "other") =>
  ({ type: "says", params: { status, ...(runs ? { runs } : {}) } }) as const;
export const enter = (reason: Reason | null = null) =>
  ({ type: "enter", params: { reason } }) as const;
export const spend = (reason: Reason) => ({ type: "spendAttempt", params: { reason } }) as const;
const pauseIn = (from: ResumableState) => ({ type: "pause", params: { from } }) as const;

export const resumable: readonly ResumableState[] = [
  "offered",
  "downloading",
  "retrying",
  "verifying",
  "awaiting_install",
];

/**
 * A device that goes on is in the phase it was in. It is told the metadata again; but a retry that
 * is owed says more, and stays.
 */
export const resumeWhere = <G extends "resumesTo" | "resumesItselfTo">(guard: G) =>
  resumable.map((state) => ({
    guard: { type: guard, params: { state } } as const,
    target: state,
    actions: [
      "resume",
      ...(guard === "resumesTo" ? ["wish"] as const : []),
      enter(),
      ...(state === "retrying" ? [] : ["sendMetadata"] as const),
    ] as const,
  }));

type Spender =
  | { readonly type: "isDue" | "isTooSlow"; readonly params: { readonly state: TaskStateName } }
  | { readonly type: "says"; readonly params: { readonly status: DeviceStatus } };

/** Only while another attempt may begin. */
const left = <G extends { readonly type: string; readonly params: object }>(guard: G) =>
  ({ type: guard.type, params: { ...guard.params, withRetries: true } }) as unknown as G;

/** The attempt is spent: the next one, or the end. */
const spent = <G extends Spender>(guard: G, reason: Reason, end: "failed" | "timed_out") =>
  [
    {
      guard: left(guard),
      target: "retrying",
      actions: [spend(reason), enter(reason), "sendRetry"],
    },
    { guard, target: end, actions: [enter(reason), "sendFailed"] },
  ] as const;

export const timedOut = (state: TaskStateName, reason: Reason) =>
  spent(due(state), reason, "timed_out");
/** The download as a whole took longer than its limit, whatever progress it made. */
export const tooSlow = spent(
  { type: "isTooSlow", params: { state: "downloading" } },
  "too_slow",
  "timed_out",
);

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
export const verifies = {
  DigestReported: digest("wrong_digest"),
  ChunkFailed: digest("bad_chunks"),
};

export const deviceFailed = spent(says("failed"), "device_failed", "failed");
export const deviceRejected = {
  guard: says("rejected"),
  target: "rejected",
  actions: [enter("device_rejected"), "sendFailed"],
} as const;
/** A device that checks by itself (`reported`) needs no digest: its own word moves the task. */
export const ownWord = [
  { guard: "isOwnFinalSuccess", target: "succeeded", actions: [enter(), "sendSuccess"] },
  { guard: "installsUnasked", target: "installing", actions: [enter()] },
  { guard: "rebootsUnasked", target: "rebooting", actions: [enter()] },
] as const;
export const deferredIn = (from: ResumableState) =>
  ({
    guard: says("deferred"),
    target: "paused",
    actions: ["excuse", enter("deferred"), pauseIn(from)],
  }) as const;
export const goneIn = (from: ResumableState) =>
  ({
    guard: "isGone",
    target: "paused",
    actions: ["excuse", enter("gone"), pauseIn(from)],
  }) as const;

export const seen = {
  guard: "isSeen",
  target: "succeeded",
  actions: [enter(), "sendSuccess"],
} as const;
export const wished = { guard: "hasWish", actions: ["excuse", "wish"] } as const;
export const downloads = { target: "downloading", actions: ["download", enter()] } as const;
export const progresses = [
  { guard: "isComplete", target: "verifying", actions: ["download", enter()] },
  downloads,
] as const;

export const cancels = {
  CancelRequested: [
    {
      guard: "wasOffered",
      target: "cancelled",
      actions: [enter("cancelled_by_operator"), "sendCancel"],
    },
    { target: "cancelled", actions: [enter("cancelled_by_operator")] },
  ],
} as const;
export const revokes = {
  DeviceRevoked: { target: "cancelled", actions: [enter("device_revoked")] },
} as const;
/** A task of a higher class takes the device; attempt, bytes and place in the queue are kept. */
export const yields = {
  Preempt: { target: "queued", actions: [enter("preempted"), "sendCancel"] },
} as const;
/** Nobody who runs something newer is told to go back, unless an operator allowed it. */
export const outdated = {
  Supersede: [
    {
      guard: "wasOffered",
      target: "superseded",
      actions: [enter("newer_version"), "sendFailed"],
    },
    { target: "superseded", actions: [enter("newer_version")] },
  ],
} as const;
export const activates = {
  Activate: {
    guard: "isStillWanted",
    target: "offered",
    actions: [enter(), "offer", "sendMetadata"],
  },
} as const;
export const expires = (state: "queued" | "held") =>
  [
    {
      guard: { type: "isDueOffered", params: { state } },
      target: "timed_out",
      actions: [enter("expired"), "sendFailed"],
    },
    { guard: due(state), target: "timed_out", actions: [enter("expired")] },
  ] as const;

/** After the digest was right, only the device's own word ends the task. */
export const boots = [
  { guard: says("booted", "new"), target: "succeeded", actions: [enter(), "sendSuccess"] },
  {
    guard: says("booted", "other"),
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
export const installs = [
  { guard: says("installing"), target: "installing", actions: [enter()] },
  { guard: says("rebooting"), target: "rebooting", actions: [enter()] },
] as const;
/** The same from a pause that came after the digest was right. */
export const goesOnToInstall = [...boots, ...installs].map(({ guard, target, actions }) => ({
  guard: { type: "saysVerified", params: guard.params } as const,
  target,
  actions,
}));
/** A deferred device that asks for more time keeps the phase that it goes back to. */
export const defersAgain = {
  guard: says("deferred"),
  actions: ["deferAgain"],
} as const;
/** After its reboot the device asks for something and says in passing what it runs. */
export const runsNew = {
  guard: "isSeenRunning",
  target: "succeeded",
  actions: [enter(), "sendSuccess"],
} as const;
