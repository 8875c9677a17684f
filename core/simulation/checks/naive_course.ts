/**
 * How far a task is: bytes, chunk size and the instants from which its limits count, by the rows alone.
 * A retry goes on where PROTOCOL §1 says, and neither a pause nor our own silence is time of a download.
 */
import type { Fact, FactOf, Move } from "../../log/mod.ts";
import type { NaiveDevice, NaiveTask } from "./naive_state.ts";
import { isBusy, isWait } from "./words.ts";

/** `deferred` without `delay_seconds`. */
const DEFER_MS = 3_600_000;
const CHUNKS_MAX = 65_536;
/** In these states a request can change what the next metadata says. */
const WISHES = new Set(["offered", "downloading", "retrying", "verifying", "awaiting_install"]);

/** A device in one of these that stores more was only taken to reboot. */
const SILENT = new Set(["rebooting", "confirming"]);

/** How far a task is. Instants are engine time. */
export interface Course {
  /** Bytes that the device has stored. */
  received: number;
  chunkBytes: number;
  /** When there was progress last, in its state. */
  progressAt: number;
  /** When a row last changed anything of it. */
  updatedAt: number;
  /** When the download began, moved on by what does not count; 0: it has not begun. */
  downloadingSince: number;
  /** When a deferral is over; 0: it waits until the device is heard. */
  resumeAt: number;
}

/** The course of a task that was just queued. */
export function newCourse({ at, data }: FactOf<"TaskQueued">): Course {
  return {
    received: data.resume_from ?? 0,
    chunkBytes: data.chunk_bytes,
    progressAt: at,
    updatedAt: at,
    downloadingSince: 0,
    resumeAt: 0,
  };
}

/** The task that a request is about: the active one, else the one whose turn it is. */
export function taskAsked({ open }: NaiveDevice, at: number): NaiveTask | undefined {
  return open.find(({ state }) => isBusy(state)) ??
    open.find(({ state, queuedAt, policy }) =>
      isWait(state) && at < queuedAt + policy.expires_in_ms
    );
}

/** Notes a move; the task is still in the state from which it moves. */
export function noteMove(task: NaiveTask, { from, to, attempt }: Move, fact: Fact): void {
  const { course } = task;
  const { at } = fact;
  const isSilent = to === "rebooting" && fact.type !== "StatusReported";
  if (to === "paused" || isSilent) excuse(task, at);
  const isBack = from === "paused" || isTransfer(fact) && SILENT.has(from ?? "");
  if (isBack && course.downloadingSince > 0) course.downloadingSince += at - task.since;
  if (to === "offered" && isWait(from ?? "")) course.downloadingSince = 0;
  if (isTransfer(fact)) {
    if (fact.type === "ProgressReported") course.received = fact.data.received;
    course.downloadingSince ||= at;
  }
  if (attempt > task.attempt) spend(task, fact);
  else if (isRight(task, fact, to)) {
    course.received = task.policy.size;
    course.downloadingSince = 0;
  }
  course.progressAt = course.updatedAt = at;
  course.resumeAt = to === "paused" ? resumeAtOf(fact) : 0;
}

/** Notes a fact about the task that did not move it. */
export function noteStay(task: NaiveTask, fact: Fact): void {
  const { course } = task;
  const { at } = fact;
  if (task.state === "paused" && resumeAtOf(fact) > 0) {
    course.resumeAt = resumeAtOf(fact);
    course.updatedAt = at;
    task.reason = "deferred";
  }
  if (!isTransfer(fact)) return;
  const givenAt = fact.type === "ArtifactRequested" ? fact.data.given_at ?? at : at;
  excuse(task, at, fact.type === "ArtifactRequested" ? fact.data.given_at : 0);
  if (fact.type === "ArtifactRequested") course.progressAt = givenAt;
  else {
    if (fact.data.received !== course.received) course.progressAt = at;
    course.received = fact.data.received;
  }
  course.updatedAt = at;
}

/** What the device says about itself wins. `isMeant`: it spoke of this task, and of no other before. */
export function noteWish(task: NaiveTask, fact: FactOf<"UpdateRequested">, isMeant: boolean): void {
  const { course } = task;
  const { resume_from, chunk_bytes } = fact.data;
  const received = isMeant ? resume_from ?? course.received : course.received;
  const chunkBytes = chunk_bytes ?? course.chunkBytes;
  const isSilent = SILENT.has(task.state) && task.policy.completion === "seen" && !task.isVerified;
  if (!WISHES.has(task.state) && !isSilent) return;
  if (received === course.received && chunkBytes === course.chunkBytes) return;
  if (!isSilent) excuse(task, fact.at);
  course.received = received;
  course.chunkBytes = chunkBytes;
  course.updatedAt = fact.at;
}

/** It is its turn: its chunks are as large as its device wished, if so many are allowed. */
export function noteTurn({ course, policy }: NaiveTask, { chunkBytes }: NaiveDevice): void {
  if (chunkBytes !== null && Math.ceil(policy.size / chunkBytes) <= CHUNKS_MAX) {
    course.chunkBytes = chunkBytes;
  }
}

/** A gap longer than the limit without progress was our own silence: nothing was met meanwhile. */
function excuse({ course, policy }: NaiveTask, at: number, givenAt = 0): void {
  const gapMs = at - Math.max(course.updatedAt, givenAt);
  if (course.downloadingSince > 0 && gapMs > policy.limits_ms.downloading) {
    course.downloadingSince += gapMs;
  }
}

function spend({ course, policy }: NaiveTask, fact: Fact): void {
  course.downloadingSince = 0;
  if (fact.type === "DigestReported" || fact.type === "UpdateRequested") course.received = 0;
  else if (fact.type === "ChunkFailed") {
    const first = Math.min(...fact.data.bad_chunks);
    course.received = Math.min(first * course.chunkBytes, policy.size);
  }
}

function resumeAtOf(fact: Fact): number {
  return fact.type === "StatusReported" && fact.data.status === "deferred"
    ? fact.at + (fact.data.delay_ms ?? DEFER_MS)
    : 0;
}

function isTransfer(fact: Fact): fact is FactOf<"ProgressReported"> | FactOf<"ArtifactRequested"> {
  return fact.type === "ProgressReported" || fact.type === "ArtifactRequested";
}

/** The device has it whole and right: it says so, or runs it. */
function isRight({ policy }: NaiveTask, fact: Fact, to: string): boolean {
  if (fact.type === "DigestReported" || fact.type === "ChunkFailed") {
    return fact.data.checksum === policy.image;
  }
  return fact.type === "UpdateRequested" && to === "succeeded" && policy.completion === "verified";
}
