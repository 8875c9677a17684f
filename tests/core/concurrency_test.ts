/** Everything at once for one device, shuffled by a seed. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import * as s from "./support/stories.ts";
import { imageOf, listen, PUMP } from "./support/stories.ts";

const classes = ["security", "normal", "low"] as const;

/** Everything that may happen to one device at once. */
async function storm(seed: number): Promise<Bench> {
  const b = await bench();
  const next = s.random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const versions = Array.from({ length: 6 }, (_, n) => `2.${n}.0`);
  for (const version of versions) await s.tryOrder(b, version, { expires_in: 1 });
  await b.clock.pass(600_000);
  if (seed % 2 === 0) await listen(b);
  const happenings = [
    () => b.upgrade(PUMP, { ...named(pick(versions)), priority: pick(classes) }),
    () => b.report(PUMP, "request", { version: pick(versions) }),
    () => b.report(PUMP, "verify", { checksum: imageOf(pick(versions)) }),
    () => b.report(PUMP, "progress", { percent: pick([1, 40, 80, 100]) }),
    () => b.report(PUMP, "status", { status: pick(["failed", "deferred", "rebooting"]) }),
    () => b.report(PUMP, "status", { status: "booted", version: pick(versions) }),
  ];
  const named = (version: string) => ({
    firmware_version: version,
    checksum: imageOf(version),
    completion: pick(["verified", "booted"]),
    allow_downgrade: true,
  });
  await Promise.all(Array.from({ length: 300 }, () => pick(happenings)()));
  return b;
}

Deno.test("Engine: whatever comes at once, never two active tasks at any prefix of the log (I1)", async () => {
  let yielded = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const b = await storm(seed);
    const rows = s.rowsOf(b);
    assert.equal(s.activeAtEveryPrefix(rows), 1, `seed ${seed}`);
    yielded += rows.flatMap((row) => row.outcome.moves).filter((m) => m.reason === "preempted")
      .length;
    s.assertReplays(b);
  }
  assert.ok(yielded > 20, `only ${yielded} tasks had to yield`);
});
