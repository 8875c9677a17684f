/**
 * Found by seed 11 of the simulator (I7): of devices that were called in one batch, the second one's
 * row named the first one's as its cause.
 */
import assert from "node:assert/strict";
import { brokered, fleet, quiet, reach } from "../support/brokered.ts";
import { rowsOf } from "../support/stories.ts";

Deno.test("Engine: whoever is called and gets a task follows from no row of another device", async () => {
  const b = await brokered();
  await fleet(b, 3);
  await reach(b);
  await quiet();
  const offers = b.store.rows.map(({ bytes }) => JSON.parse(bytes)).filter(({ type }) =>
    type === "ContactChanged"
  );
  assert.equal(offers.length, 3);
  assert.deepEqual(offers.map(({ cause }) => cause), [null, null, null]);
});

Deno.test("Engine: whoever listens and is ordered something gets it because of the order", async () => {
  const b = await brokered();
  await reach(b);
  await fleet(b, 1);
  const rows = rowsOf(b).map((row, index) => ({ ...row, seq: index + 1 }));
  const queued = rows.find(({ type }) => type === "TaskQueued")!;
  const offered = JSON.parse(b.store.rows.at(-1)!.bytes);
  assert.equal(offered.type, "ContactChanged");
  assert.equal(offered.cause, queued.seq);
});
