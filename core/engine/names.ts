/** Names of tasks: a number that is unique for ever, and an id that a person can say. */
import {
  LOST_TASKS_MAX,
  TASK_COUNT_END,
  TASK_NUMBER_END,
  TASK_NUMBER_FIRST,
} from "../protocol/limits.ts";

/** Number and id of a task. */
export interface TaskName {
  readonly number: number;
  /** `OTA_20230801_001`: the UTC date, then a counter of that day. */
  readonly id: string;
}

/**
 * The name after `last` at engine time `at`; `undefined` when there are no more. What was lost by
 * `restores` of the log since then may have given out names: of any day, as its clock may have been
 * ahead. So counters begin anew each day, but behind all that may have been lost before.
 */
export function nextTaskName(
  last: TaskName | null,
  at: number,
  restores = 0,
): TaskName | undefined {
  const lost = restores * LOST_TASKS_MAX;
  const number = (last ? last.number + 1 : TASK_NUMBER_FIRST) + lost;
  const day = new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
  const [, lastDay, lastCounted] = last?.id.split("_") ?? [];
  const lastCount = Number(lastCounted ?? 0);
  const before = lastDay === day ? lastCount : lastCount - lastCount % LOST_TASKS_MAX;
  const count = before + 1 + lost;
  if (number >= TASK_NUMBER_END || count >= TASK_COUNT_END) return undefined;
  return { number, id: `OTA_${day}_${String(count).padStart(3, "0")}` };
}
