/** Where a log stands, for whoever appends to it. */
import type { TaskName } from "./names.ts";
import type { LogHead } from "./ports.ts";

/** Where the log stands before a batch. */
export interface Position {
  readonly log: string;
  readonly epoch: number;
  readonly seq: number;
  readonly lastTask: TaskName | null;
  /** How often the log was restored since then. */
  readonly restores: number;
}

/** @throws {Error} when the log is not the one that the key speaks for. */
export function positionOf(head: LogHead, log: string): Position {
  if (head.log !== null && head.log !== log) {
    throw new Error(
      `Cannot continue log ${head.log}: log.key belongs to log ${log}. Restore the right key.`,
    );
  }
  const { epoch, seq, lastTask, restores = 0 } = head;
  return { log, epoch, seq, lastTask, restores };
}
