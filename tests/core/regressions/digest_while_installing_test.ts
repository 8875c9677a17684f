/**
 * Found by seeds 87, 367 and 600 of the simulator (I4, I6): a right digest was answered `verified` where
 * none was on record, or not any more.
 */
import assert from "node:assert/strict";
import { bench } from "../support/bench_engine.ts";
import { IMAGE } from "../support/given.ts";
import { at, kinds, listen, order, PUMP, rowsOf, says, tryOrder } from "../support/stories.ts";

Deno.test("Engine: the first digest of a device that installs by itself is refused, on record", async () => {
  for (const status of ["installing", "rebooting"]) {
    const b = await bench();
    await order(b, "2.0.0", { completion: "reported" });
    await listen(b);
    const answer = await says(b, ["status", { status }], ["verify", { checksum: IMAGE }]);
    assert.equal(kinds(answer), "wrong_phase", status);
    assert.equal(rowsOf(b).at(-1)?.type, "ReportRejected");
  }
});

Deno.test("Engine: a repeated digest of a task that had to yield meanwhile is no go-ahead", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { completion: "booted" });
  await listen(b);
  const verify = (isRepeat: boolean) =>
    b.report(PUMP, "verify", { checksum: IMAGE }, { key: "7", isRepeat });
  assert.equal(kinds(await verify(false)), "verified");
  assert.equal(kinds(await verify(true)), "verified");
  const urgent = await order(b, "2.1.0", { priority: "security", completion: "booted" });
  assert.equal(at(b, id), "queued #1 preempted");
  assert.equal(kinds(await verify(true)), "cancel", "it had to yield");
  await says(b, ["status", { task_id: urgent, status: "rejected" }], ["request", {}]);
  assert.equal(at(b, id), "offered #1");
  assert.equal(kinds(await verify(true)), "metadata", "and begins again");
});

Deno.test("Engine: who installs what was verified is told so again", async () => {
  const b = await bench();
  await tryOrder(b, "2.0.0", { completion: "booted" });
  await listen(b);
  const answer = await says(
    b,
    ["verify", { checksum: IMAGE }],
    ["status", { status: "installing" }],
    ["verify", { checksum: IMAGE }],
  );
  assert.equal(kinds(answer), "verified");
});
