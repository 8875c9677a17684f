/**
 * Found by seed 14 of the simulator with 20 devices (L3): a process that stood still for half a minute
 * did not notice, as none of its timers was due meanwhile; then a limit counted against a device that
 * nobody could have heard.
 */
import assert from "node:assert/strict";
import { bench } from "../support/bench_engine.ts";
import { IMAGE } from "../support/given.ts";
import { at, listen, order, says } from "../support/stories.ts";

const SECOND = 1_000;

Deno.test("Engine: half a minute in which it stood still before a deadline counts against nobody", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { completion: "booted", limits: { installing: 600 } });
  await listen(b);
  await says(b, ["verify", { checksum: IMAGE }], ["status", { status: "installing" }]);
  // The timer comes every minute where nothing is near.
  await b.clock.pass(485 * SECOND);
  await b.clock.freeze(30 * SECOND);
  await b.clock.pass(90 * SECOND);
  assert.equal(at(b, id), "installing #1");
  await b.clock.pass(205 * SECOND);
  assert.equal(at(b, id), "installing #1", "nor before it was reachable for five minutes");
  await b.clock.pass(10 * SECOND);
  assert.equal(at(b, id), "failed #1 silent");
});
