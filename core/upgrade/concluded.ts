/**
 * The transitions of a task whose device may be unable to report (`seen`): given all of the image and then
 * silent, it is taken to reboot, and its next check says what it runs.
 */
// deno-lint-ignore-file explicit-module-boundary-types -- XState checks the literal types of these
import type { Reason } from "./reasons.ts";
import type { TaskStateName } from "./task.ts";
import { deviceRejected, enter, spend } from "./transitions.ts";

/** The digest of what it runs is the device's digest, too: that of all it has stored. */
export const proves = {
  guard: "isProof",
  target: "succeeded",
  actions: ["complete", enter(), "sendSuccess"],
} as const;

const reboots = { target: "rebooting", actions: ["excuse", enter()] } as const;
/** What it asks next may come from its reboot, or from a download that did not arrive. */
export const asksWithAll = {
  ...reboots,
  guard: "isAllGiven",
  actions: ["excuse", "wish", enter()],
} as const;
export const goneWithAll = { guard: "isGoneWithAll", ...reboots } as const;
export const silentWithAll = (state: TaskStateName) =>
  ({ guard: { type: "isDueWithAll", params: { state } }, ...reboots }) as const;

/** Nobody expects a word of it before its next check. */
export const checksLater = {
  guard: { type: "isDueSeen", params: { state: "rebooting" } },
  target: "confirming",
  actions: [enter()],
} as const;
export const staysAway = {
  guard: { type: "isDueSeen", params: { state: "confirming" } },
  target: "lost",
  actions: [enter("silent"), "sendFailed"],
} as const;
/** It has had the time of its reboot, and runs what it ran: the attempt is spent. */
export const runsOld = [
  {
    guard: "isOldWithRetries",
    target: "retrying",
    actions: [spend("old_image"), "wish", enter("old_image"), "sendRetry"],
  },
  { guard: "isOld", target: "failed", actions: [enter("old_image"), "sendFailed"] },
] as const;

/** The same where silence says nothing. */
export const backUnchanged = [
  { ...runsOld[0], guard: "isBackWithRetries" },
  { ...runsOld[1], guard: "isBack" },
] as const;

const digest = (reason: Reason) =>
  [
    {
      guard: "isConcludedRight",
      target: "awaiting_install",
      actions: ["complete", enter(), "sendVerified"],
    },
    {
      guard: "isConcludedWithRetries",
      target: "retrying",
      actions: [spend(reason), enter(reason), "sendRetry"],
    },
    { guard: "isConcluded", target: "failed", actions: [enter(reason), "sendFailed"] },
  ] as const;
const storing = ["resume", "download", enter()] as const;
/** What a device says itself counts more than what was concluded from its silence. */
export const speaksUp = {
  DigestReported: digest("wrong_digest"),
  ChunkFailed: digest("bad_chunks"),
  ProgressReported: [
    { guard: "isConcludedComplete", target: "verifying", actions: storing },
    { guard: "isConcluded", target: "downloading", actions: storing },
  ],
} as const;
/** It may fetch meanwhile, and says where it would go on. */
export const wishesStill = { guard: "isConcludedWish", actions: ["wish"] } as const;
export const declines = { ...deviceRejected, guard: "isConcludedRejected" } as const;
