/**
 * Found by seed 80 of the simulator (L3): a clock that was set back hid that the machine had slept just
 * before, and a limit counted against a device that nobody could have heard.
 */
import assert from "node:assert/strict";
import { bench } from "../support/bench_engine.ts";
import { IMAGE } from "../support/given.ts";
import { at, listen, order, says } from "../support/stories.ts";

const SECOND = 1_000;

Deno.test("Engine: an hour that it slept counts against nobody, though its clock was set back then", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { completion: "booted", limits: { installing: 600 } });
  await listen(b);
  await says(b, ["verify", { checksum: IMAGE }], ["status", { status: "installing" }]);
  await b.clock.pass(560 * SECOND);
  // The hour that it slept, and two that somebody set the clock back.
  b.clock.skew += (3_600 - 7_200) * SECOND;
  await b.clock.pass(60 * SECOND);
  assert.equal(at(b, id), "installing #1");
  await b.clock.pass(230 * SECOND);
  assert.equal(at(b, id), "installing #1", "nor before it was reachable for five minutes");
  await b.clock.pass(30 * SECOND);
  assert.equal(at(b, id), "failed #1 silent");
});
