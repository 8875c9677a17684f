/**
 * How noisy the machine is: the same fixed job, again and again. What differs between its runs is the
 * machine's doing, and no figure taken meanwhile can be trusted further than that.
 */
import { createHash } from "node:crypto";

/** So many rounds are a tenth of a second or so. */
const JOB_ROUNDS = 500;
const JOB = new Uint8Array(65_536);

/** The milliseconds of each of `count` runs of the same job: digests and JSON, as in a log. */
export function identicalRuns(count: number): number[] {
  // Once unmeasured, so that the first run finds the code compiled.
  return Array.from({ length: count + 1 }, runOnce).slice(1);
}

/** The slowest run as a multiple of the fastest. */
export function noiseOf(runsMs: readonly number[]): number {
  return Math.max(...runsMs) / Math.min(...runsMs);
}

function runOnce(): number {
  const started = performance.now();
  for (let round = 0; round < JOB_ROUNDS; round++) {
    const digest = createHash("sha256").update(JOB).digest("hex");
    for (let row = 0; row < 100; row++) JSON.parse(JSON.stringify({ digest, row }));
  }
  return performance.now() - started;
}
