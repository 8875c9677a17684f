/** The questions a task's machine asks: pure functions of context and event. */
import { PROGRESS_EVERY_MS, PROGRESS_STEP_BP } from "../protocol/limits.ts";
import { deadlineOf, downloadDue } from "./deadline.ts";
import type { TaskEvent } from "./events.ts";
import { runsNew, runsOther } from "./running.ts";
import { expiresAt, maxAttempts } from "./task.ts";
import type { Completion, DeviceStatus } from "../protocol/mod.ts";
import type { TaskContext, TaskStateName } from "./task.ts";

/** What a guard sees. */
export interface Asked {
  readonly context: TaskContext;
  readonly event: TaskEvent;
}

/** Which deadline; `withRetries`: and another attempt may begin. */
export interface Due {
  readonly state: TaskStateName;
  readonly withRetries?: true;
}

/** What a device says; `runs`: and that it runs the task's version, or another. */
export interface Said {
  readonly status: DeviceStatus;
  readonly runs?: "new" | "other";
  readonly withRetries?: true;
}

/** The deadline of exactly this state has passed: early, stale and doubled ones are not due. */
export function isDue(asked: Asked, { state, withRetries }: Due): boolean {
  const { context, event } = asked;
  if (event.type !== "DeadlinePassed" || withRetries && !hasRetriesLeft(asked)) return false;
  const deadline = deadlineOf({ ...context, state });
  return event.data.state === state && event.data.due === deadline?.due &&
    event.at >= deadline.due;
}

/** The deadline that passed is that of the download as a whole. */
export function isTooSlow(asked: Asked, due: Due): boolean {
  return isDue(asked, due) && asked.event.type === "DeadlinePassed" &&
    asked.event.data.due === downloadDue(asked.context);
}

/** The task has not waited longer than it may. */
export function isStillWanted({ context, event }: Asked): boolean {
  return event.at < expiresAt(context);
}

/** The pause came after the digest was right. */
export function isVerified({ context }: Asked): boolean {
  return context.resumeTo === "awaiting_install";
}

/** The deferral of a paused task is over, before the limit of the pause. */
export function isDeferralOver({ context, event }: Asked): boolean {
  return context.resumeAt > 0 && event.at >= context.resumeAt &&
    context.resumeAt <= context.since + context.policy.limits_ms.paused;
}

/** Another attempt may begin. */
export function hasRetriesLeft({ context }: Asked): boolean {
  return context.attempt < maxAttempts(context.policy);
}

/** The digest the device computed is the image's. */
export function isRight({ context, event }: Asked): boolean {
  return (event.type === "DigestReported" || event.type === "ChunkFailed") &&
    event.data.checksum === context.policy.image;
}

/** The whole image is stored. */
export function isComplete({ context, event }: Asked): boolean {
  return event.type === "ProgressReported" && event.data.received >= context.policy.size;
}

/**
 * Progress that is worth a fact: backwards, by 5 % of the image, or 30 s after the last one on
 * record; sooner where the limit without progress is so short that it would pass meanwhile.
 */
export function isNotable({ context, event }: Asked): boolean {
  if (event.type !== "ProgressReported") return false;
  const { size, limits_ms: limits } = context.policy;
  const moved = event.data.received - context.received;
  return moved < 0 || moved > 0 && moved * 10_000 >= size * PROGRESS_STEP_BP ||
    event.at - context.updatedAt >= Math.min(PROGRESS_EVERY_MS, Math.floor(limits.downloading / 2));
}

/** The device goes on fetching, though it says nothing: seldom enough not to be one fact a range. */
export function isFetching({ context, event }: Asked): boolean {
  if (event.type !== "ArtifactRequested") return false;
  const { progressAt, policy: { limits_ms: limits } } = context;
  const { given_at } = event.data;
  return given_at === undefined
    ? event.at - progressAt >= Math.floor(limits.downloading / 2)
    : given_at > progressAt;
}

/** The device began to listen, or is gone. */
export function isContact({ event }: Asked, contact: "listening" | "gone"): boolean {
  return event.type === "ContactChanged" && event.data.contact === contact;
}

/** The device reports this status. */
export function says(asked: Asked, { status, runs, withRetries }: Said): boolean {
  const { event } = asked;
  if (event.type !== "StatusReported" || event.data.status !== status) return false;
  if (withRetries && !hasRetriesLeft(asked)) return false;
  return runs === undefined || (runs === "new" ? runsNew(asked) : runsOther(asked));
}

/** The request changes what the next metadata says. */
export function hasWish({ context, event }: Asked): boolean {
  if (event.type !== "UpdateRequested") return false;
  const { resume_from: from, chunk_bytes: bytes } = event.data;
  return from !== undefined && from !== context.received ||
    bytes !== undefined && bytes !== context.chunkBytes;
}

/** The task's completion is one of these. */
export function needs({ context }: Asked, ...completions: Completion[]): boolean {
  return completions.includes(context.policy.completion);
}
