/** Devices behind a broker of somebody else's: who listens, who is called, and whose limits count. */
import assert from "node:assert/strict";
import { brokered, reach } from "./support/brokered.ts";
import { bench, settle } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { MemoryStore } from "./support/memory_store.ts";
import { assertReplays, at, order, PUMP, says, tryOrder } from "./support/stories.ts";
import { SIZE } from "./support/given.ts";

const SECOND = 1_000;
const MIN = 60 * SECOND;
/** The timer of deadlines never sleeps shorter than 250 ms. */
const TICK = 251;

/** A device behind a broker that can be reached, downloading. */
async function downloading(): Promise<{ b: Bench; id: string }> {
  const b = await brokered();
  b.engine.reachable(true);
  const id = await order(b);
  await says(b, ["progress", { received: 40_000 }]);
  assert.equal(at(b, id), "downloading #1");
  b.heard();
  return { b, id };
}

Deno.test("Engine behind a broker: nobody listens before it can be reached", async () => {
  const b = await brokered();
  const id = await order(b);
  assert.equal(b.engine.isListening(PUMP), false);
  assert.equal(at(b, id), "queued #1");
  await reach(b);
  assert.equal(b.engine.isListening(PUMP), true);
  assert.equal(at(b, id), "offered #1");
  assert.deepEqual(b.heard(), ["metadata"]);
  b.engine.reachable(false);
  assert.equal(b.engine.isListening(PUMP), false);
  assertReplays(b);
});

Deno.test("Engine behind a broker waits for nobody who is not there, and looks for nobody at its start", async () => {
  class Asked extends MemoryStore {
    looks = 0;
    override devicesWithTaskIn(states: readonly string[]): Promise<string[]> {
      this.looks++;
      return super.devicesWithTaskIn(states);
    }
  }
  for (const isBrokered of [false, true]) {
    const store = new Asked();
    await bench({ isBrokered }, store);
    assert.equal(store.looks, isBrokered ? 0 : 1);
  }
});

Deno.test("Engine behind a broker: an order while it can be reached is offered at once", async () => {
  const b = await brokered();
  await reach(b);
  assert.equal(at(b, await order(b)), "offered #1");
});

Deno.test("Engine behind a broker: no deadline is fed before it can be reached", async () => {
  const b = await brokered();
  const id = await order(b, "2.0.0", { expires_in: 600 });
  await b.clock.pass(24 * 60 * MIN);
  assert.equal(at(b, id), "queued #1");
  await reach(b);
  await b.clock.pass(5 * MIN - SECOND);
  assert.equal(at(b, id), "queued #1", "within the grace");
  await b.clock.pass(SECOND + TICK);
  assert.equal(at(b, id), "timed_out #1 expired");
});

Deno.test("Engine behind a broker: whenever it is back, what is owed is sent again until confirmed", async () => {
  const { b } = await downloading();
  for (let n = 0; n < 3; n++) {
    b.engine.reachable(false);
    await reach(b);
    assert.deepEqual(b.heard(), ["metadata"]);
  }
  const { owed } = b.store.devices.get(PUMP)!;
  const { task, kind: message, attempt } = owed[0]!;
  await b.engine.submit({ kind: "delivered", device: PUMP, task, message, attempt });
  b.engine.callAll();
  await settle();
  assert.deepEqual(b.heard(), []);
});

Deno.test("Engine behind a broker: a new run calls everybody when the broker is there", async () => {
  const { b } = await downloading();
  await b.restart();
  await settle();
  assert.deepEqual(b.heard(), []);
  await reach(b);
  assert.deepEqual(b.heard(), ["metadata"]);
});

Deno.test("Engine behind a broker: silence says nothing of a device", async () => {
  const { b, id } = await downloading();
  b.engine.heard(PUMP);
  b.engine.connected(PUMP, "poll");
  b.engine.disconnected(PUMP, "poll");
  await b.clock.pass(10 * MIN);
  assert.equal(at(b, id), "downloading #1");
  assert.equal(b.engine.isListening(PUMP), true);
});

Deno.test("Engine behind a broker: a device is gone when its will says so, until it is heard", async () => {
  const { b, id } = await downloading();
  assert.equal(await b.engine.left(PUMP), true);
  assert.equal(at(b, id), "paused #1 gone");
  assert.equal(b.engine.isListening(PUMP), false);
  const security = await tryOrder(b, "3.0.0", { priority: "security" });
  b.engine.callAll();
  await settle();
  assert.equal(at(b, String(security)), "queued #1", "nobody is called who is gone");
  assert.deepEqual(b.heard(), []);
  b.engine.heard(PUMP);
  await settle();
  assert.equal(b.engine.isListening(PUMP), true);
  assert.equal(at(b, String(security)), "offered #1", "what waited gets its turn at once");
  assertReplays(b);
});

Deno.test("Engine behind a broker: who is gone is not called there again by a lost link", async () => {
  const { b, id } = await downloading();
  await b.engine.left(PUMP);
  b.engine.reachable(false);
  await reach(b);
  assert.equal(at(b, id), "paused #1 gone");
  assert.equal(b.engine.isListening(PUMP), false);
  await says(b, ["progress", { received: 50_000 }]);
  b.engine.heard(PUMP);
  assert.equal(at(b, id), "downloading #1");
});

Deno.test("Engine behind a broker: a will that cannot be taken now has to come again", async () => {
  const { b, id } = await downloading();
  b.store.failNext = "before";
  assert.equal(await b.engine.left(PUMP), false);
  assert.equal(await b.engine.left(PUMP), true);
  assert.equal(at(b, id), "paused #1 gone");
  assert.equal(await b.engine.left("nobody"), true, "an unknown device never comes again");
});

Deno.test("Engine behind a broker: while it is away no limit counts, afterwards min(limit, 5 min) first", async () => {
  for (const [limit, grace] of [[900, 5 * MIN], [60, MIN]] as const) {
    const b = await brokered();
    await reach(b);
    const id = await order(b, "2.0.0", { limits: { downloading: limit } });
    await says(b, ["progress", { received: SIZE / 2 }]);
    await b.clock.pass(SECOND);
    b.engine.reachable(false);
    await b.clock.pass(24 * 60 * MIN);
    assert.equal(at(b, id), "downloading #1", "away");
    await reach(b);
    await b.clock.pass(grace - SECOND);
    b.engine.reachable(false);
    await reach(b);
    await b.clock.pass(grace - 1);
    assert.equal(at(b, id), "downloading #1", "it was not back for so long without a break");
    await b.clock.pass(1 + TICK);
    assert.equal(at(b, id), "retrying #2 no_progress");
  }
});

Deno.test("Engine behind a broker: a deadline that the store just found is not fed once it is away", async () => {
  const { b, id } = await downloading();
  const due = b.engine.now() + 15 * MIN;
  let looks = 0;
  b.store.onDue = () => {
    if (b.engine.now() < due) return;
    looks++;
    b.engine.reachable(false);
  };
  await b.clock.pass(20 * MIN);
  assert.equal(looks, 1, "it was due, and nobody looked again");
  assert.equal(at(b, id), "downloading #1");
});

Deno.test("Engine with connections of its own: nothing of a broker's is true of it", async () => {
  const b = await bench();
  await order(b);
  await reach(b);
  assert.equal(b.engine.isListening(PUMP), false);
  assert.deepEqual(b.sent, []);
});
