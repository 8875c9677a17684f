/**
 * Which state may follow which, by which fact and for which reason: DESIGN §2 and PROTOCOL §1 written
 * out once more, without a look at the machine. What is not here may not happen.
 */
import type { Fact, Move } from "../../log/mod.ts";
import type { NaiveTask } from "./naive.ts";
import { saysNew, saysOld, wasAllGiven } from "./naive_running.ts";

/** Where a task was paused. */
export interface Pause {
  readonly in: string;
  /** It asked for time, and is not only gone. */
  readonly isDeferred: boolean;
  /** When: engine time. */
  readonly at: number;
}

/** A move, and what it is judged by. */
export interface Moving {
  readonly move: Move;
  readonly fact: Fact;
  readonly task: Pick<NaiveTask, "policy" | "given">;
  /** The state in which it was paused, and whether it asked for that. */
  readonly pause: Pause | undefined;
  /** That it reboots was concluded from its silence. */
  readonly isConcluded: boolean;
  /** The priority of the task that gets its turn in the same row. */
  readonly next: string | undefined;
}

/** One line of the table; states and facts are separated by blanks. */
export interface Rule {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  /** None: the move bears none. */
  readonly reason?: string;
  /** What else has to be so. */
  readonly when?: (moving: Moving) => boolean;
}

const WAITS = "queued held";
/** A verify is taken in each of them. */
const OPEN = "offered downloading paused retrying verifying";
const BEFORE_INSTALL = `${OPEN} awaiting_install`;
const INSTALLS = "installing rebooting confirming";
const SILENT = "rebooting confirming";
const TURNS = "UpdateRequested ContactChanged TaskQueued";
const DIGEST = "DigestReported ChunkFailed";

const status = (...said: string[]) => ({ fact }: Moving) =>
  fact.type === "StatusReported" && said.includes(fact.data.status);
/** What the device says to have booted: the task's version, another one, or none at all. */
const booted = (what: "new" | "other" | "unsaid") => ({ fact, task }: Moving) => {
  if (fact.type !== "StatusReported" || fact.data.status !== "booted") return false;
  const { version } = fact.data;
  const said = version === undefined ? "unsaid" : version === task.policy.version ? "new" : "other";
  return said === what;
};
const all = (...asked: ((moving: Moving) => boolean)[]) => (moving: Moving) =>
  asked.every((ask) => ask(moving));
const completes = (...completions: string[]) => ({ task }: Moving) =>
  completions.includes(task.policy.completion);
const runsNew = ({ fact, task }: Moving) =>
  fact.type === "UpdateRequested" && saysNew(task.policy, fact.data);
const runsOld = ({ fact, task }: Moving) =>
  fact.type === "UpdateRequested" && saysOld(task.policy, fact.data);
const runsImage = ({ fact, task }: Moving) =>
  fact.type === "UpdateRequested" && fact.data.running === task.policy.image;
const allGiven = ({ task, move }: Moving) =>
  task.policy.completion === "seen" && wasAllGiven(task, move);
/** A client that only fetches was given all of it, and runs what it ran when it could have rebooted. */
const isBackUnchanged = (moving: Moving) => {
  const { fact, task, pause, move } = moving;
  return fact.type === "UpdateRequested" && fact.data.fetch_only === true && runsOld(moving) &&
    task.policy.completion !== "seen" && wasAllGiven(task, move) && pause?.isDeferred === false &&
    fact.at - pause.at >= task.policy.limits_ms.rebooting;
};
const concluded = ({ isConcluded }: Moving) => isConcluded;
const not = (ask: (moving: Moving) => boolean) => (moving: Moving) => !ask(moving);
const isRight = ({ fact, task }: Moving) =>
  (fact.type === "DigestReported" || fact.type === "ChunkFailed") &&
  fact.data.checksum === task.policy.image;
const isWrong = (moving: Moving) => !isRight(moving);
const stored = (isAll: boolean) => ({ fact, task }: Moving) =>
  fact.type === "ArtifactRequested" ? !isAll : fact.type === "ProgressReported" &&
    fact.data.received >= task.policy.size === isAll;
const contact = (what: string) => ({ fact }: Moving) =>
  fact.type !== "ContactChanged" || fact.data.contact === what;
const wasVerified = ({ pause }: Moving) => pause?.in === "awaiting_install";
const wasNot = ({ pause }: Moving) => pause?.in !== "awaiting_install";
/** It was not paused, or after the digest was right. */
const maySay = (moving: Moving) => moving.move.from !== "paused" || wasVerified(moving);
const mayFetch = (moving: Moving) => moving.move.from !== "paused" || wasNot(moving);
/**
 * A request ends any pause, contact that of a device that was gone, and time that which it asked for. But a
 * check is no sign of who only fetches: that it fetches is.
 */
const goesBack = ({ move, pause, fact }: Moving) =>
  move.to === pause?.in &&
  (fact.type === "UpdateRequested"
    ? pause.isDeferred || !fact.data.fetch_only
    : pause.isDeferred === (fact.type === "DeadlinePassed"));
/** A higher class goes ahead of what is not answered; only security of what is. */
const yields = ({ move, task, next }: Moving) => {
  const { priority } = task.policy;
  return next === "security" && priority !== "security" ||
    move.from === "offered" && next === "normal" && priority === "low";
};

/** All moves that there are. */
export const RULES: readonly Rule[] = [
  { from: "new", to: "queued", by: "TaskQueued" },
  { from: WAITS, to: "offered", by: TURNS, when: contact("listening") },
  { from: WAITS, to: "timed_out", by: "DeadlinePassed", reason: "expired" },

  // Whoever takes a task away.
  { from: BEFORE_INSTALL, to: "queued", by: TURNS, reason: "preempted", when: yields },
  {
    from: `${WAITS} ${BEFORE_INSTALL}`,
    to: "cancelled",
    by: "CancelRequested",
    reason: "cancelled_by_operator",
  },
  {
    from: `${WAITS} ${BEFORE_INSTALL} ${INSTALLS}`,
    to: "cancelled",
    by: "DeviceRevoked",
    reason: "device_revoked",
  },
  { from: `${WAITS} ${BEFORE_INSTALL}`, to: "superseded", by: "any", reason: "newer_version" },

  // The download.
  {
    from: "offered paused retrying verifying",
    to: "downloading",
    by: "ProgressReported",
    when: all(stored(false), mayFetch),
  },
  {
    from: "offered paused retrying",
    to: "downloading",
    by: "ArtifactRequested",
    when: mayFetch,
  },
  {
    from: "offered downloading paused retrying",
    to: "verifying",
    by: "ProgressReported",
    when: all(stored(true), mayFetch),
  },
  { from: "offered", to: "held", by: "DeadlinePassed", reason: "offline" },
  ...["no_progress", "too_slow"].map((reason) => (
    {
      from: "downloading",
      to: "retrying timed_out",
      by: "DeadlinePassed",
      reason,
      when: not(allGiven),
    }
  )),
  { from: "retrying", to: "retrying timed_out", by: "DeadlinePassed", reason: "silent" },
  {
    from: "verifying",
    to: "retrying timed_out",
    by: "DeadlinePassed",
    reason: "silent",
    when: not(allGiven),
  },

  // The digest.
  { from: OPEN, to: "succeeded", by: DIGEST, when: all(isRight, completes("verified")) },
  {
    from: OPEN,
    to: "awaiting_install",
    by: DIGEST,
    when: all(isRight, completes("booted", "reported", "seen")),
  },
  {
    from: OPEN,
    to: "retrying failed",
    by: "DigestReported",
    reason: "wrong_digest",
    when: isWrong,
  },
  { from: OPEN, to: "retrying failed", by: "ChunkFailed", reason: "bad_chunks", when: isWrong },

  // A pause.
  {
    from: "downloading retrying verifying",
    to: "paused",
    by: "ContactChanged",
    reason: "gone",
    when: all(contact("gone"), not(allGiven)),
  },
  {
    from: "offered downloading verifying awaiting_install",
    to: "paused",
    by: "StatusReported",
    reason: "deferred",
    when: status("deferred"),
  },
  {
    from: "paused",
    to: BEFORE_INSTALL,
    by: "UpdateRequested ContactChanged DeadlinePassed",
    when: all(goesBack, contact("listening")),
  },
  { from: "paused", to: "held", by: "DeadlinePassed", reason: "offline" },

  // What the device says of itself.
  {
    from: `${BEFORE_INSTALL} ${INSTALLS}`,
    to: "retrying failed",
    by: "StatusReported",
    reason: "device_failed",
    when: status("failed"),
  },
  {
    from: BEFORE_INSTALL,
    to: "rejected",
    by: "StatusReported",
    reason: "device_rejected",
    when: status("rejected"),
  },
  {
    from: `${BEFORE_INSTALL} installing`,
    to: "succeeded",
    by: "UpdateRequested",
    when: all(runsNew, completes("seen")),
  },
  {
    from: "rebooting confirming",
    to: "succeeded",
    by: "UpdateRequested",
    when: all(runsNew, completes("seen", "booted")),
  },

  {
    from: OPEN,
    to: "succeeded",
    by: "UpdateRequested",
    when: all(runsImage, completes("verified")),
  },

  // Whoever cannot report, and was given all of the image.
  {
    from: "downloading verifying",
    to: "rebooting",
    by: "UpdateRequested ContactChanged DeadlinePassed",
    when: all(allGiven, contact("gone"), not(runsNew)),
  },
  { from: "rebooting", to: "confirming", by: "DeadlinePassed", when: completes("seen") },
  {
    from: "confirming",
    to: "lost",
    by: "DeadlinePassed",
    reason: "silent",
    when: completes("seen"),
  },
  {
    from: "confirming",
    to: "retrying failed",
    by: "UpdateRequested",
    reason: "old_image",
    when: all(runsOld, completes("seen")),
  },
  {
    from: "paused",
    to: "retrying failed",
    by: "UpdateRequested",
    reason: "old_image",
    when: isBackUnchanged,
  },
  // It says something after all.
  { from: SILENT, to: "awaiting_install", by: DIGEST, when: all(isRight, concluded) },
  {
    from: SILENT,
    to: "retrying failed",
    by: "DigestReported",
    reason: "wrong_digest",
    when: all(isWrong, concluded),
  },
  {
    from: SILENT,
    to: "retrying failed",
    by: "ChunkFailed",
    reason: "bad_chunks",
    when: all(isWrong, concluded),
  },
  {
    from: SILENT,
    to: "downloading",
    by: "ProgressReported",
    when: all(stored(false), concluded),
  },
  { from: SILENT, to: "verifying", by: "ProgressReported", when: all(stored(true), concluded) },
  {
    from: SILENT,
    to: "rejected",
    by: "StatusReported",
    reason: "device_rejected",
    when: all(status("rejected"), concluded),
  },

  // Whoever checks by itself needs no digest.
  ...([["installing", status("installing")], ["rebooting", status("rebooting")], [
    "succeeded",
    booted("new"),
  ]] as const).map(([to, says]) => (
    { from: OPEN, to, by: "StatusReported", when: all(says, completes("reported")) }
  )),

  // The installation.
  {
    from: "awaiting_install paused",
    to: "installing",
    by: "StatusReported",
    when: all(status("installing"), maySay),
  },
  {
    from: "awaiting_install installing paused",
    to: "rebooting",
    by: "StatusReported",
    when: all(status("rebooting"), maySay),
  },
  {
    from: "rebooting",
    to: "confirming",
    by: "UpdateRequested ContactChanged",
    when: all(contact("listening"), not(completes("seen"))),
  },
  {
    from: "awaiting_install installing rebooting paused",
    to: "confirming",
    by: "StatusReported",
    when: all(booted("unsaid"), maySay),
  },
  {
    from: `awaiting_install ${INSTALLS} paused`,
    to: "succeeded",
    by: "StatusReported",
    when: all(booted("new"), maySay),
  },
  {
    from: `awaiting_install ${INSTALLS} paused`,
    to: "rolled_back",
    by: "StatusReported",
    reason: "other_version",
    when: all(booted("other"), maySay),
  },
  {
    from: `awaiting_install ${INSTALLS} paused`,
    to: "rolled_back",
    by: "StatusReported",
    reason: "device_rolled_back",
    when: all(status("rolled_back"), maySay),
  },
  { from: "awaiting_install", to: "timed_out", by: "DeadlinePassed", reason: "silent" },
  { from: "installing", to: "failed", by: "DeadlinePassed", reason: "silent" },
  ...([["confirming", "failed"], ["rebooting", "lost"]] as const).map(([from, to]) => (
    { from, to, by: "DeadlinePassed", reason: "silent", when: not(completes("seen")) }
  )),
];
