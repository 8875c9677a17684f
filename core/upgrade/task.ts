/**
 * What one task is: the policy frozen when it was queued, and what has happened since. Plain data,
 * so that it can be stored, compared and restored byte for byte.
 */
import type { FactData } from "../log/facts.ts";
import type { Reason } from "./reasons.ts";
import type { AttemptTransfer } from "./transfer.ts";

/** States in which a task waits and holds nothing. */
export const waitingStates = ["queued", "held"] as const;
/** States in which a task is the device's one active task. */
export const activeStates = [
  "offered",
  "downloading",
  "paused",
  "retrying",
  "verifying",
  "awaiting_install",
  "installing",
  "rebooting",
  "confirming",
] as const;
/** States that absorb: nothing moves a task out of them. */
export const terminalStates = [
  "succeeded",
  "failed",
  "timed_out",
  "rejected",
  "cancelled",
  "superseded",
  "rolled_back",
  "lost",
] as const;
/** Every state of a task. */
export const taskStates = [...waitingStates, ...activeStates, ...terminalStates] as const;

/** A state of a task (PROTOCOL §3). */
export type TaskStateName = (typeof taskStates)[number];
/** A state in which the task is the device's active one. */
export type ActiveState = (typeof activeStates)[number];
/** A state that a paused task goes back to. */
export type ResumableState =
  | "offered"
  | "downloading"
  | "retrying"
  | "verifying"
  | "awaiting_install";

/** Everything that decides about the task, frozen in its first fact. */
export type TaskPolicy = FactData<"TaskQueued">;

/** What has happened to the task. Instants are engine time in milliseconds since 1970. */
export interface TaskContext {
  /** `OTA_20230801_001` */
  readonly id: string;
  /** The device it is for. */
  readonly device: string;
  /** Who queued it. */
  readonly actor: string;
  /** Frozen when it was queued. */
  readonly policy: TaskPolicy;
  /** From 1; the attempt that runs or will run next. */
  readonly attempt: number;
  /** Bytes the device said it has stored without a gap. */
  readonly received: number;
  /** The chunk size of the next metadata: the policy's, or the device's own wish. */
  readonly chunkBytes: number;
  /** When it was queued. */
  readonly queuedAt: number;
  /** When the present state was entered. */
  readonly since: number;
  /** When progress was last recorded in this state. */
  readonly progressAt: number;
  /** When this attempt's download began, moved on by the time it was paused; 0 before. */
  readonly downloadingSince: number;
  /** When the task last changed in any way. */
  readonly updatedAt: number;
  /** Whether the device was ever offered the task. */
  readonly offered: boolean;
  /** Whether it has answered the present offer: by going on, or by asking for a delay. */
  readonly answered: boolean;
  /** Why the task is in its present state. */
  readonly reason: Reason | null;
  /** What the last attempt was spent by. */
  readonly failure: Reason | null;
  /** The chunks to fetch again in this attempt. */
  readonly badChunks: readonly number[];
  /** Where a paused task goes back to. */
  readonly resumeTo: ResumableState | null;
  /** When a deferred task goes on by itself; 0: when the device is heard again. */
  readonly resumeAt: number;
  /** What was given out for each attempt, as far as it is on record. */
  readonly transfers: readonly AttemptTransfer[];
}

/** One task: its state and what has happened. */
export interface Task extends TaskContext {
  /** Where it is (PROTOCOL §3). */
  readonly state: TaskStateName;
}

const waiting: ReadonlySet<string> = new Set(waitingStates);
const terminal: ReadonlySet<string> = new Set(terminalStates);

/** Whether the task waits and holds nothing. */
export function isWaiting(task: Task): boolean {
  return waiting.has(task.state);
}

/** Whether the task has ended for good. */
export function isTerminal(task: Task): boolean {
  return terminal.has(task.state);
}

/** Whether the task holds the device's lock. */
export function isActive(task: Task): boolean {
  return !isWaiting(task) && !isTerminal(task);
}

/** From when on the task is offered no more: its policy's `expires_in` after it was queued. */
export function expiresAt({ queuedAt, policy }: Pick<TaskContext, "queuedAt" | "policy">): number {
  return queuedAt + policy.expires_in_ms;
}

/** 1 + retries. */
export function maxAttempts(policy: Pick<TaskPolicy, "retries">): number {
  return 1 + policy.retries;
}
