/**
 * Found by seeds 14, 100042, 301657 and 20001497 of the simulator (L3): a process that stood still did not notice, as none
 * of its timers was due meanwhile, or as it was looking for deadlines just then; and a limit counted
 * against a device that nobody could have heard.
 */
import assert from "node:assert/strict";
import { bench } from "../support/bench_engine.ts";
import { IMAGE } from "../support/given.ts";
import { at, listen, order, PUMP, says } from "../support/stories.ts";

const SECOND = 1_000;

Deno.test("Engine: half a minute in which it stood still before a deadline counts against nobody", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { completion: "booted", limits: { installing: 600 } });
  await listen(b);
  await says(b, ["verify", { checksum: IMAGE }], ["status", { status: "installing" }]);
  await b.clock.pass(485 * SECOND);
  await b.clock.freeze(30 * SECOND);
  await b.clock.pass(90 * SECOND);
  assert.equal(at(b, id), "installing #1");
  await b.clock.pass(205 * SECOND);
  assert.equal(at(b, id), "installing #1", "nor before it was reachable for five minutes");
  await b.clock.pass(10 * SECOND);
  assert.equal(at(b, id), "failed #1 silent");
});

Deno.test("Engine: a minute in which it stood still counts, though the deadline was not near yet", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { completion: "booted", limits: { installing: 600 } });
  await listen(b);
  await says(b, ["verify", { checksum: IMAGE }], ["status", { status: "installing" }]);
  await b.clock.pass(241 * SECOND);
  await b.clock.freeze(62 * SECOND);
  await b.clock.pass(298 * SECOND);
  assert.equal(at(b, id), "installing #1", "reachable for 298 seconds since");
  await b.clock.pass(10 * SECOND);
  assert.equal(at(b, id), "failed #1 silent");
});

Deno.test("Engine: half a minute in which it stood still counts, though the deadline comes near after it", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { limits: { downloading_total: 300 } });
  await listen(b);
  await says(b, ["progress", { received: 1_000 }]);
  await b.clock.pass(250 * SECOND);
  b.engine.disconnected(PUMP, "c1");
  await b.clock.pass(30 * SECOND);
  assert.equal(at(b, id), "paused #1 gone");
  await b.clock.pass(605 * SECOND);
  await b.clock.freeze(30 * SECOND);
  // Twenty seconds are left to it.
  await listen(b);
  await b.clock.pass(60 * SECOND);
  assert.equal(at(b, id), "downloading #1");
  await b.clock.pass(250 * SECOND);
  assert.equal(at(b, id), "retrying #2 too_slow");
});

Deno.test("Engine: an hour in which it stood still while it looked for deadlines counts against nobody", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { completion: "booted", limits: { installing: 600 } });
  await listen(b);
  await says(b, ["verify", { checksum: IMAGE }], ["status", { status: "installing" }]);
  await b.clock.pass(500 * SECOND);
  b.store.onDue = () => {
    b.store.onDue = () => {};
    b.clock.stall(3_600 * SECOND);
  };
  // Its deadline is the next one: that is looked for.
  await order(b, "2.1.0", { expires_in: 5 });
  await b.clock.pass(60 * SECOND);
  assert.equal(at(b, id), "installing #1");
  await b.clock.pass(250 * SECOND);
  assert.equal(at(b, id), "installing #1", "nor before it was reachable for five minutes");
  await b.clock.pass(60 * SECOND);
  assert.equal(at(b, id), "failed #1 silent");
});

Deno.test("Engine: half a minute in which it stood still while it wrote something counts against nobody", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { completion: "booted", limits: { installing: 600 } });
  await listen(b);
  await says(b, ["verify", { checksum: IMAGE }], ["status", { status: "installing" }]);
  await b.clock.pass(485 * SECOND);
  b.store.onAppend = () => {
    b.store.onAppend = () => {};
    b.clock.stall(30 * SECOND);
  };
  // Its deadline is the next one: the timer is set anew before the late one comes.
  await order(b, "2.1.0", { expires_in: 5 });
  await b.clock.pass(90 * SECOND);
  assert.equal(at(b, id), "installing #1");
  await b.clock.pass(220 * SECOND);
  assert.equal(at(b, id), "failed #1 silent");
});

Deno.test("Engine: a store that takes its time postpones no deadline", async () => {
  for (const lookMs of [6 * SECOND, 15 * SECOND]) {
    const b = await bench();
    const id = await order(b, "2.0.0", { completion: "booted", limits: { installing: 600 } });
    await listen(b);
    await says(b, ["verify", { checksum: IMAGE }], ["status", { status: "installing" }]);
    b.store.onDue = () => new Promise((resolve) => void b.clock.after(lookMs, resolve));
    await b.clock.pass(700 * SECOND);
    assert.equal(at(b, id), "failed #1 silent", `${lookMs} ms`);
  }
});
