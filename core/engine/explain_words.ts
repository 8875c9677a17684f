/**
 * The words of a device's history: one clause for every reason there is, so that a new reason does
 * not compile without its words. A clause follows "…: " and ends without a full stop.
 */
import type { RecommendationReason } from "../network/mod.ts";
import type { RejectedCode, Transport } from "../protocol/mod.ts";
import type { Reason } from "../upgrade/reasons.ts";
import type { TaskStateName } from "../upgrade/task.ts";

/** Why a task moved where the move names no reason: what the fact behind it says. */
export type Cause =
  | "ordered"
  | "its_turn"
  | "device_asked"
  | "device_listens"
  | "download_began"
  | "progress"
  | "all_stored"
  | "digest_right"
  | "device_installs"
  | "device_reboots"
  | "device_booted"
  | "new_version_runs"
  | "delay_over"
  | "all_given"
  | "reboot_over";

/** Why a task moved. */
export const becauseOf: Readonly<Record<Reason | Cause, string>> = {
  expired: "it waited longer than it may",
  offline: "the device did not answer",
  gone: "the device is gone",
  deferred: "the device asked for a delay",
  wrong_digest: "the digest of what was stored is not the image's",
  bad_chunks: "some chunks did not match",
  device_failed: "the device reported a failure",
  device_rejected: "the device declined it",
  device_rolled_back: "the device went back to the version it had",
  other_version: "the device runs another version after its reboot",
  old_image: "the device came back with the image it had",
  no_progress: "nothing more was stored",
  too_slow: "the download as a whole took too long",
  silent: "the device said nothing more",
  cancelled_by_operator: "an operator cancelled it",
  device_revoked: "the device was revoked",
  preempted: "a task of a higher class took its place",
  newer_version: "the device runs a newer version",
  ordered: "it was ordered",
  its_turn: "it was its turn",
  device_asked: "the device asked",
  device_listens: "the device listens",
  download_began: "the device asked for the image",
  progress: "the device reported progress",
  all_stored: "all bytes are stored",
  digest_right: "the digest is right",
  device_installs: "the device said so",
  device_reboots: "the device said so",
  device_booted: "the device has booted",
  new_version_runs: "the new version runs",
  delay_over: "the delay is over",
  all_given: "all of the image was given out, whether or not it arrived",
  reboot_over: "the time for its reboot is over",
};

/** That a task is in a state, for the beginning of a sentence. */
export const isNow: Readonly<Record<TaskStateName, string>> = {
  queued: "Queued",
  held: "Put back to wait",
  offered: "Offered to the device",
  downloading: "Downloading",
  paused: "Paused",
  retrying: "Trying again",
  verifying: "Verifying",
  awaiting_install: "Ready to be installed",
  installing: "Installing",
  rebooting: "Rebooting",
  confirming: "Waiting for the new version to be confirmed",
  succeeded: "Succeeded",
  failed: "Failed",
  timed_out: "Timed out",
  rejected: "Rejected",
  cancelled: "Cancelled",
  superseded: "Superseded",
  rolled_back: "Rolled back",
  lost: "Lost",
};

/** Why a report was refused. */
export const refusedBecause: Readonly<Record<RejectedCode, string>> = {
  malformed: "it was malformed",
  too_large: "it was too large",
  unknown_task: "the device has no such task",
  no_task: "the device has no active task",
  wrong_task: "it belongs to another task",
  wrong_phase: "it does not fit where the task is",
  ended: "the task has ended",
  out_of_range: "a number in it is out of range",
  not_allowed: "it is not allowed",
  rate_limited: "too many came at once",
};

/** Why a transport was recommended; the one that is left is meant, unless the words say otherwise. */
export const recommendedBecause: Readonly<Record<RecommendationReason, string>> = {
  first: "nothing was measured yet",
  slow: "the other way moved too little",
  unreliable: "the other way was cut, or gave the same bytes again",
  stalled: "nothing moved the other way",
  gone: "the device has no MQTT session",
  faster: "it moves far more",
  healed: "the way that the device asked for is good again",
  adjusted: "what moves has changed",
};

/** The transports, for people. */
export const transportNames: Readonly<Record<Transport, string>> = { http: "HTTP", mqtt: "MQTT" };

const units = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]] as const;

/** A duration in the largest unit that leaves nothing over: `15 min`, `90 s`. */
export function durationText(ms: number): string {
  const [unit, name] = units.find(([unit]) => ms > 0 && ms % unit === 0) ?? [1, "ms"];
  return `${ms / unit} ${name}`;
}

/** How much is stored, in whole percent: all only when it is all. */
export function percentText(received: number, size: number): string {
  return `${size === 0 ? 100 : Math.floor(100 * received / size)} %`;
}
