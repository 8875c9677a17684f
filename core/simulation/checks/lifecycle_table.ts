/**
 * Which state may follow which, by which fact and for which reason: DESIGN §2 and PROTOCOL §1 written
 * out once more, without a look at the machine. What is not here may not happen.
 */
import {
  all,
  allGiven,
  booted,
  completes,
  concluded,
  contact,
  goesBack,
  isBackUnchanged,
  isRight,
  isWrong,
  mayFetch,
  maySay,
  not,
  runsImage,
  runsNew,
  runsOld,
  status,
  stored,
  yields,
} from "./moving.ts";
import type { Moving } from "./moving.ts";

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
    from: "downloading verifying",
    to: "paused",
    by: "ContactChanged",
    reason: "gone",
    when: all(contact("gone"), not(allGiven)),
  },
  // What was given out may not have been recorded: it has another try all the same.
  {
    from: "retrying",
    to: "paused",
    by: "ContactChanged",
    reason: "gone",
    when: contact("gone"),
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
