/**
 * A move of a task, and what may be asked about it: by its row and the rows before, without a look at the
 * machine.
 */
// deno-lint-ignore-file explicit-module-boundary-types -- each is a question about a move, and says so
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

export const status = (...said: string[]) => ({ fact }: Moving) =>
  fact.type === "StatusReported" && said.includes(fact.data.status);
/** What the device says to have booted: the task's version, another one, or none at all. */
export const booted = (what: "new" | "other" | "unsaid") => ({ fact, task }: Moving) => {
  if (fact.type !== "StatusReported" || fact.data.status !== "booted") return false;
  const { version } = fact.data;
  const said = version === undefined ? "unsaid" : version === task.policy.version ? "new" : "other";
  return said === what;
};
export const all = (...asked: ((moving: Moving) => boolean)[]) => (moving: Moving) =>
  asked.every((ask) => ask(moving));
export const completes = (...completions: string[]) => ({ task }: Moving) =>
  completions.includes(task.policy.completion);
export const runsNew = ({ fact, task }: Moving) =>
  fact.type === "UpdateRequested" && saysNew(task.policy, fact.data);
export const runsOld = ({ fact, task }: Moving) =>
  fact.type === "UpdateRequested" && saysOld(task.policy, fact.data);
export const runsImage = ({ fact, task }: Moving) =>
  fact.type === "UpdateRequested" && fact.data.running === task.policy.image;
export const allGiven = ({ task, move }: Moving) =>
  task.policy.completion === "seen" && wasAllGiven(task, move);
/** A client that only fetches was given all of it, and runs what it ran when it could have rebooted. */
export const isBackUnchanged = (moving: Moving) => {
  const { fact, task, pause, move } = moving;
  return fact.type === "UpdateRequested" && fact.data.fetch_only === true && runsOld(moving) &&
    task.policy.completion !== "seen" && wasAllGiven(task, move) && pause?.isDeferred === false &&
    fact.at - pause.at >= task.policy.limits_ms.rebooting;
};
export const concluded = ({ isConcluded }: Moving) => isConcluded;
export const not = (ask: (moving: Moving) => boolean) => (moving: Moving) => !ask(moving);
export const isRight = ({ fact, task }: Moving) =>
  (fact.type === "DigestReported" || fact.type === "ChunkFailed") &&
  fact.data.checksum === task.policy.image;
export const isWrong = (moving: Moving) => !isRight(moving);
export const stored = (isAll: boolean) => ({ fact, task }: Moving) =>
  fact.type === "ArtifactRequested" ? !isAll : fact.type === "ProgressReported" &&
    fact.data.received >= task.policy.size === isAll;
export const contact = (what: string) => ({ fact }: Moving) =>
  fact.type !== "ContactChanged" || fact.data.contact === what;
const wasVerified = ({ pause }: Moving) => pause?.in === "awaiting_install";
const wasNot = ({ pause }: Moving) => pause?.in !== "awaiting_install";
/** It was not paused, or after the digest was right. */
export const maySay = (moving: Moving) => moving.move.from !== "paused" || wasVerified(moving);
export const mayFetch = (moving: Moving) => moving.move.from !== "paused" || wasNot(moving);
/**
 * A request ends any pause, contact that of a device that was gone, and time that which it asked for. But a
 * check is no sign of who only fetches: that it fetches is.
 */
export const goesBack = ({ move, pause, fact }: Moving) =>
  move.to === pause?.in &&
  (fact.type === "UpdateRequested"
    ? pause.isDeferred || !fact.data.fetch_only
    : pause.isDeferred === (fact.type === "DeadlinePassed"));
/** A higher class goes ahead of what is not answered; only security of what is. */
export const yields = ({ move, task, next }: Moving) => {
  const { priority } = task.policy;
  return next === "security" && priority !== "security" ||
    move.from === "offered" && next === "normal" && priority === "low";
};
