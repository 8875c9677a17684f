/** Names of tasks: a number that is unique for ever, and an id that a person can say. */
import { TASK_NUMBER_END, TASK_NUMBER_FIRST } from "../protocol/limits.ts";

/** Number and id of a task. */
export interface TaskName {
  readonly number: number;
  /** `OTA_20230801_001`: the UTC date, then a counter of that day. */
  readonly id: string;
}

/** The name after `last` at engine time `at`; `undefined` when the numbers are used up. */
export function nextTaskName(last: TaskName | null, at: number): TaskName | undefined {
  const number = last ? last.number + 1 : TASK_NUMBER_FIRST;
  if (number >= TASK_NUMBER_END) return undefined;
  const day = new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
  const [, lastDay, lastCount] = last?.id.split("_") ?? [];
  const count = lastDay === day ? Number(lastCount) + 1 : 1;
  return { number, id: `OTA_${day}_${String(count).padStart(3, "0")}` };
}
