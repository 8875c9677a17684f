/**
 * Found when bugs were planted for the simulator: where a device says that it runs something newer than
 * its task would bring, and in the same breath how much of that it has stored, the next task began there.
 */
import assert from "node:assert/strict";
import { addFirmware, bench } from "../support/bench_engine.ts";
import { at, imageOf, kinds, listen, order, says, taskOf } from "../support/stories.ts";

Deno.test("Engine: what a device has stored of an outdated image is not of the next one", async () => {
  const b = await bench();
  await addFirmware(b, "4.0.0", imageOf("4.0.0").slice(7), 1_000);
  const old = await order(b, "2.0.0");
  await listen(b);
  const next = await order(b, "4.0.0");
  const answer = await says(b, ["request", { current_version: "3.0.0", resume_from: 90_000 }]);
  assert.equal(at(b, old), "superseded #1 newer_version");
  assert.equal(at(b, next), "offered #1");
  assert.equal(taskOf(b, next).received, 0);
  assert.match(kinds(answer), /metadata/);
});

Deno.test("Engine: what a device has stored counts for the task that it is asked about", async () => {
  const b = await bench();
  const first = await order(b, "2.0.0");
  await says(b, ["request", { resume_from: 90_000 }]);
  assert.equal(taskOf(b, first).received, 90_000, "it got its turn by this request");
  await says(b, ["request", { resume_from: 80_000 }]);
  assert.equal(taskOf(b, first).received, 80_000);
});
