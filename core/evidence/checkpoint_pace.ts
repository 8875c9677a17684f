/** When the next checkpoint of a log that grows is due, and when to try again what failed. Milliseconds. */

/** How far apart checkpoints are at most, while rows are added. */
export interface CheckpointPace {
  readonly rows: number;
  readonly ms: number;
}

/** Unless an operator says otherwise. */
export const CHECKPOINT_PACE: CheckpointPace = { rows: 10_000, ms: 5 * 60_000 };

/** The shortest wait before something is tried again. */
export const AGAIN_MS_MIN = 10_000;
/** The longest wait. */
export const AGAIN_MS_MAX = 5 * 60_000;

/**
 * In how long the next one is due, so many rows and so long after the last one; `undefined`: not before
 * there is another row.
 */
export function checkpointDueMs(
  rows: number,
  sinceMs: number,
  pace: CheckpointPace,
): number | undefined {
  if (rows <= 0) return undefined;
  return rows >= pace.rows ? 0 : Math.max(0, pace.ms - sinceMs);
}

/** How long to wait after so many failures in a row (from 1): twice as long each time. */
export function againMs(failures: number): number {
  let ms = AGAIN_MS_MIN;
  for (let n = 1; n < failures && ms < AGAIN_MS_MAX; n++) ms *= 2;
  return Math.min(ms, AGAIN_MS_MAX);
}
