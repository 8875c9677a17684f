/**
 * How a task's context changes: pure functions from context and event to the members that change.
 * Which of them runs when is the machine's business.
 */
import type { FactOf } from "../log/facts.ts";
import type { TaskEvent, TaskInput } from "./events.ts";
import type { Reason } from "./reasons.ts";
import type { ResumableState, TaskContext } from "./task.ts";
import { withTransfer } from "./transfer.ts";

type Change = Partial<TaskContext>;

/** The context of a task that was just queued. */
export function begin(input: TaskInput): TaskContext {
  return {
    id: input.id,
    device: input.device,
    actor: input.actor,
    policy: input.policy,
    attempt: 1,
    received: input.policy.resume_from ?? 0,
    chunkBytes: input.policy.chunk_bytes,
    queuedAt: input.at,
    since: input.at,
    progressAt: input.at,
    downloadingSince: 0,
    updatedAt: input.at,
    offered: false,
    answered: false,
    reason: null,
    failure: null,
    badChunks: [],
    resumeTo: null,
    resumeAt: 0,
    transfers: [],
  };
}

/** A state was entered, for a reason or none. */
export function enter(event: TaskEvent, reason: Reason | null): Change {
  const { at } = event;
  return { since: at, progressAt: at, updatedAt: at, reason, resumeTo: null, resumeAt: 0 };
}

/** The download of this attempt goes on; it began now unless it had begun. */
export function download(context: TaskContext, event: TaskEvent): Change {
  const received = event.type === "ProgressReported" ? event.data.received : context.received;
  return { received, answered: true, downloadingSince: context.downloadingSince || event.at };
}

/** How much is stored was reported. The same as before is no progress. */
export function record(context: TaskContext, event: TaskEvent): Change {
  if (event.type !== "ProgressReported") return {};
  const { at, data: { received } } = event;
  const progressAt = received === context.received ? context.progressAt : at;
  return { received, progressAt, updatedAt: at };
}

/** Bytes were taken: that is progress, whether or not the device speaks of it. */
export function take(event: TaskEvent): Change {
  if (event.type !== "ArtifactRequested") return {};
  return { progressAt: event.data.given_at ?? event.at, updatedAt: event.at };
}

/** The image is there, whole and right: nothing is left of its download. */
export function complete({ policy }: TaskContext): Change {
  return { received: policy.size, downloadingSince: 0 };
}

/** It is the task's turn: the time it waited is no part of a download. */
export function offer(context: TaskContext, event: TaskEvent): Change {
  const wished = event.type === "Activate" ? event.chunkBytes : undefined;
  return { offered: true, answered: false, downloadingSince: 0, ...chunked(context, wished) };
}

/**
 * The next attempt begins. It starts at the first bad chunk, else at 0 after a wrong digest or when
 * the old image runs again, else where the last one stopped (PROTOCOL §1, `resume_from`).
 */
export function spendAttempt(context: TaskContext, event: TaskEvent, failure: Reason): Change {
  const badChunks = event.type === "ChunkFailed"
    ? [...new Set(event.data.bad_chunks)].sort((a, b) => a - b)
    : [];
  const received = badChunks[0] !== undefined
    ? Math.min(badChunks[0] * context.chunkBytes, context.policy.size)
    : failure === "wrong_digest" || failure === "old_image"
    ? 0
    : context.received;
  const transfers = badChunks.length === 0
    ? context.transfers
    : withTransfer(context.transfers, context.attempt, { bad_chunks: badChunks.length });
  const attempt = context.attempt + 1;
  return { attempt, received, failure, badChunks, transfers, downloadingSince: 0 };
}

/** The task waits for the device; a deferral ends by itself after its delay. */
export function pause(event: TaskEvent, resumeTo: ResumableState): Change {
  const resumeAt = event.type === "StatusReported" ? deferredUntil(event) : 0;
  return { resumeTo, resumeAt, answered: true };
}

/** The device asks for more time; the limit of the pause goes on. */
export function deferAgain(event: TaskEvent): Change {
  if (event.type !== "StatusReported") return {};
  return { resumeAt: deferredUntil(event), reason: "deferred", updatedAt: event.at };
}

function deferredUntil({ at, data }: FactOf<"StatusReported">): number {
  return at + (data.delay_ms ?? DEFER_MS);
}

/** `deferred` without `delay_seconds`: an hour. */
const DEFER_MS = 3_600_000;

/** The time spent paused does not count as downloading. */
export function resume(context: TaskContext, event: TaskEvent): Change {
  const { downloadingSince, since } = context;
  return { downloadingSince: downloadingSince && downloadingSince + (event.at - since) };
}

/**
 * A gap longer than the limit without progress was our own silence, as the limit would have been met
 * otherwise: an outage, or a clock that leapt. It is no time of downloading. Up to the last byte that
 * was given there was no gap, though nothing was recorded.
 */
export function excuse(context: TaskContext, event: TaskEvent): Change {
  const { downloadingSince, updatedAt, policy: { limits_ms: limits } } = context;
  const givenAt = event.type === "ArtifactRequested" ? event.data.given_at ?? 0 : 0;
  const gapMs = event.at - Math.max(updatedAt, givenAt);
  return downloadingSince > 0 && gapMs > limits.downloading
    ? { downloadingSince: downloadingSince + gapMs }
    : {};
}

/** What the device says about itself wins: where it resumes and how large its chunks are. */
export function wish(context: TaskContext, event: TaskEvent): Change {
  if (event.type !== "UpdateRequested") return {};
  const { resume_from, chunk_bytes } = event.data;
  return {
    received: resume_from ?? context.received,
    ...chunked(context, chunk_bytes),
    updatedAt: event.at,
  };
}

/** Bad chunks are counted in chunks of one size: with another, all from the first is fetched. */
function chunked({ chunkBytes, badChunks }: TaskContext, wished = chunkBytes): Change {
  return { chunkBytes: wished, badChunks: wished === chunkBytes ? badChunks : [] };
}
