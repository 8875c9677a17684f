import assert from "node:assert/strict";
import { againMs, CHECKPOINT_PACE, checkpointDueMs } from "../../../core/evidence/mod.ts";

const MINUTE = 60_000;
const pace = { rows: 100, ms: 5 * MINUTE };

const dues: readonly [rows: number, sinceMs: number, due: number | undefined][] = [
  [0, 0, undefined],
  [0, 1_000 * MINUTE, undefined],
  [-1, 1_000 * MINUTE, undefined],
  [1, 0, 5 * MINUTE],
  [99, 2 * MINUTE, 3 * MINUTE],
  [99, 5 * MINUTE, 0],
  [1, 7 * MINUTE, 0],
  [100, 0, 0],
  [1_000_000, 0, 0],
];

for (const [rows, sinceMs, due] of dues) {
  const when = due === undefined ? "never" : due === 0 ? "now" : `in ${due} ms`;
  Deno.test(`checkpointDueMs() is ${when} after ${rows} rows and ${sinceMs} ms`, () => {
    assert.equal(checkpointDueMs(rows, sinceMs, pace), due);
  });
}

Deno.test("CHECKPOINT_PACE is 10,000 rows or 5 minutes", () => {
  assert.deepEqual(CHECKPOINT_PACE, { rows: 10_000, ms: 300_000 });
});

Deno.test("againMs() grows from 10 s to 5 min, however often something fails", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 1e9].map(againMs), [
    ...[10_000, 20_000, 40_000, 80_000, 160_000],
    ...[300_000, 300_000, 300_000],
  ]);
});
