/**
 * The transitions that several states of the machine share, each under the name of what happens.
 * They name guards and actions; what those do stands in `guards.ts` and `assigns.ts`.
 */
// deno-lint-ignore-file explicit-module-boundary-types -- XState checks the literal types of these
import type { Reason } from "./reasons.ts";
import type { ResumableState, TaskStateName } from "./task.ts";

export const due = <S extends TaskStateName>(state: S) =>
  ({ type: "isDue", params: { state } }) as const;
export const says = (status: string) => ({ type: "says", params: { status } }) as const;
export const enter = (reason: Reason | null = null) =>
  ({ type: "enter", params: { reason } }) as const;
const spend = (reason: Reason) => ({ type: "spendAttempt", params: { reason } }) as const;
const pauseIn = (from: ResumableState) => ({ type: "pause", params: { from } }) as const;

export const resumable: readonly ResumableState[] = [
  "offered",
  "downloading",
  "retrying",
  "verifying",
  "awaiting_install",
];

/** A device that goes on is in the phase it was in. */
export const resumeWhere = <G extends "resumesTo" | "resumesItselfTo">(guard: G) =>
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

export const timedOut = <S extends TaskStateName>(state: S, reason: Reason) =>
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
export const verifies = {
  DigestReported: digest("wrong_digest"),
  ChunkFailed: digest("bad_chunks"),
};

export const deviceFailed = spent(
  says("failed"),
  { type: "saysWithRetries", params: { status: "failed" } } as never,
  "device_failed",
  "failed",
);
export const deviceRejected = {
  guard: says("rejected"),
  target: "rejected",
  actions: [enter("device_rejected"), "sendFailed"],
} as const;
export const bootedWithoutDigest = {
  guard: "isOwnFinalSuccess",
  target: "succeeded",
  actions: [enter(), "sendSuccess"],
} as const;
export const deferredIn = (from: ResumableState) =>
  ({
    guard: says("deferred"),
    target: "paused",
    actions: [enter("deferred"), pauseIn(from)],
  }) as const;
export const goneIn = (from: ResumableState) =>
  ({ guard: "isGone", target: "paused", actions: [enter("gone"), pauseIn(from)] }) as const;

export const seen = {
  guard: "isSeen",
  target: "succeeded",
  actions: [enter(), "sendSuccess"],
} as const;
export const wished = { guard: "hasWish", actions: ["wish"] } as const;
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
export const activates = {
  Activate: { target: "offered", actions: [enter(), "offer", "sendMetadata"] },
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
export const seenNew = {
  guard: "runsNew",
  target: "succeeded",
  actions: [enter(), "sendSuccess"],
} as const;
export const seenOther = {
  guard: "runsOther",
  target: "rolled_back",
  actions: [enter("other_version"), "sendFailed"],
} as const;
