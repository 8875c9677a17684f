/**
 * Why a task is where it is: a fixed list, so that no decision and no outcome ever carries text
 * from outside.
 */
export const reasons = [
  /** The task waited longer than `expires_in`. */
  "expired",
  /** An offer was not answered, or a paused device stayed away. */
  "offline",
  /** The device lost contact in the middle. */
  "gone",
  /** The device asked for a delay. */
  "deferred",
  /** The digest the device computed is not the image's. */
  "wrong_digest",
  /** The device named chunks that do not match their digests. */
  "bad_chunks",
  /** The device reported that the attempt failed. */
  "device_failed",
  /** The device declined the update. */
  "device_rejected",
  /** The device went back to the version it had. */
  "device_rolled_back",
  /** The device runs another version than the task's after its reboot. */
  "other_version",
  /** The device came back with the image it had, though it was given all of the new one. */
  "old_image",
  /** No progress within the limit. */
  "no_progress",
  /** The download as a whole took longer than the limit. */
  "too_slow",
  /** The device said nothing within the limit of the state. */
  "silent",
  /** An operator cancelled the task. */
  "cancelled_by_operator",
  /** The device was revoked. */
  "device_revoked",
  /** A task of a higher class took the device. */
  "preempted",
  /** The device runs a newer version. */
  "newer_version",
] as const;

/** A word of the list. */
export type Reason = (typeof reasons)[number];
