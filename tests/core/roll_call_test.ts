/** Devices behind a broker are called when it is back: all of them, as fast as messages are taken. */
import assert from "node:assert/strict";
import { StoreError } from "../../core/engine/mod.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE } from "./support/given.ts";
import { brokered, fleet, quiet, reach, sentTo } from "./support/brokered.ts";
import { assertReplays, at, order, PUMP, rowsOf, says } from "./support/stories.ts";

const SECOND = 1_000;
const MIN = 60 * SECOND;

Deno.test("Engine behind a broker: a roll call goes over every page, and waits for room", async () => {
  const b = await brokered();
  const names = await fleet(b, 450);
  const rooms: (() => void)[] = [];
  b.room = () => new Promise((resolve) => rooms.push(resolve));
  await reach(b);
  assert.deepEqual(sentTo(b), names.slice(0, 200));
  for (const [from, to] of [[200, 400], [400, 450], [450, 450]] as const) {
    rooms.shift()!();
    await quiet();
    assert.deepEqual(sentTo(b), names.slice(from, to));
  }
  assert.equal(rooms.length, 0, "it ended");
});

Deno.test("Engine behind a broker: a newer roll call ends the one before, and so does the link's end", async () => {
  const b = await brokered();
  const names = await fleet(b, 250);
  const rooms: (() => void)[] = [];
  b.room = () => new Promise((resolve) => rooms.push(resolve));
  await reach(b);
  await reach(b);
  assert.deepEqual(sentTo(b), [...names.slice(0, 200), ...names.slice(0, 200)]);
  for (const room of rooms.splice(0)) room();
  await quiet();
  assert.deepEqual(sentTo(b), names.slice(200), "only one of them goes on");
  await reach(b);
  sentTo(b);
  b.engine.reachable(false);
  for (const room of rooms.splice(0)) room();
  await quiet();
  assert.deepEqual(sentTo(b), []);
});

Deno.test("Engine behind a broker: who is to be called once more is called after those under way", async () => {
  const b = await brokered();
  const names = await fleet(b, 250);
  const rooms: (() => void)[] = [];
  b.room = () => new Promise((resolve) => rooms.push(resolve));
  await reach(b);
  for (let times = 0; times < 3; times++) b.engine.callAll();
  await quiet();
  assert.deepEqual(sentTo(b), names.slice(0, 200), "not from the start again");
  delete b.room;
  for (const room of rooms.splice(0)) room();
  await quiet();
  assert.deepEqual(sentTo(b), [...names.slice(200), ...names], "and then once");
  b.engine.callAll();
  await quiet();
  assert.deepEqual(sentTo(b), names, "at once, when nothing is under way");
});

Deno.test("Engine behind a broker: a roll call that ends while the store is asked calls nobody", async () => {
  const b = await brokered();
  const names = await fleet(b, 3);
  let looks = 0;
  b.store.onCall = () => {
    if (++looks === 1) b.engine.reachable(true);
  };
  await reach(b);
  assert.deepEqual(sentTo(b), names, "once, by the newer one");
});

Deno.test("Engine behind a broker: a roll call that the store breaks goes on in a second", async () => {
  for (const how of ["look", "append"]) {
    const b = await brokered();
    const names = await fleet(b, 250);
    let looks = 0;
    b.store.onCall = () => {
      if (++looks !== 2) return;
      if (how === "append") b.store.failNext = "before";
      else throw new StoreError("io", "The disk is gone.");
    };
    await reach(b);
    assert.deepEqual(sentTo(b), names.slice(0, 200));
    assert.equal(b.faults.length, 1);
    await b.clock.pass(SECOND);
    await quiet();
    // As the store was opened again everybody is called once more: nobody has confirmed anything.
    assert.deepEqual(sentTo(b), [...names.slice(200), ...names]);
    assert.equal(b.engine.isWell, true);
    assertReplays(b);
  }
});

Deno.test("Engine behind a broker: a broken roll call does not go on after the link's end, or the engine's", async () => {
  for (const end of ["reachable", "stop"]) {
    const b = await brokered();
    await fleet(b, 3);
    b.store.onCall = () => {
      throw new StoreError("io", "The disk is gone.");
    };
    await reach(b);
    b.store.onCall = () => assert.fail("it went on");
    if (end === "stop") await b.engine.stop();
    else b.engine.reachable(false);
    await b.clock.pass(MIN);
    assert.deepEqual(b.sent, []);
    assert.equal(b.faults.length, 1);
  }
});

/** The broker was away, and has forgotten everything. */
async function forget(b: Bench): Promise<string[]> {
  b.engine.reachable(false);
  b.heard();
  b.engine.reachable(true, true);
  await quiet();
  return b.heard();
}

Deno.test("Engine behind a broker that has forgotten us: whoever may wait for an answer is given one", async () => {
  const b = await brokered();
  await reach(b);
  const id = await order(b, "2.0.0", { completion: "booted" });
  await says(b, ["request", {}]);
  const kinds = ["metadata", "verified"] as const;
  for (const message of kinds) {
    await b.engine.submit({ kind: "delivered", device: PUMP, task: id, message, attempt: 1 });
    assert.deepEqual(await forget(b), ["metadata"], at(b, id));
    b.engine.reachable(false);
    await reach(b);
    assert.deepEqual(b.heard(), [], "only once");
    if (message === "metadata") await says(b, ["verify", { checksum: IMAGE }]);
  }
  await says(b, ["status", { status: "booted", version: "2.0.0" }]);
  await b.engine.submit({
    kind: "delivered",
    device: PUMP,
    task: id,
    message: "success",
    attempt: 1,
  });
  assert.deepEqual(await forget(b), ["idle"]);
  await b.clock.pass(61 * MIN);
  assert.deepEqual(await forget(b), [], "it asked again long ago");
  assertReplays(b);
});

Deno.test("Engine behind a broker that has forgotten us: it does not know either who is gone", async () => {
  const b = await brokered();
  await reach(b);
  const id = await order(b);
  await says(b, ["progress", { received: 40_000 }]);
  await b.engine.left(PUMP);
  assert.equal(at(b, id), "paused #1 gone");
  assert.ok((await forget(b)).includes("metadata"));
  assert.equal(b.engine.isListening(PUMP), true);
  await says(b, ["status", { status: "deferred", delay_seconds: 900 }]);
  await b.engine.submit({
    kind: "delivered",
    device: PUMP,
    task: id,
    message: "metadata",
    attempt: 1,
  });
  assert.deepEqual(await forget(b), [], "who asked for time waits for nothing");
  assertReplays(b);
});

Deno.test("Engine behind a broker that has forgotten us: answers that were cut short are given later", async () => {
  const b = await brokered();
  await reach(b);
  const names = await fleet(b, 250);
  for (const device of names) await b.report(device, "progress", { received: 1 });
  await Promise.all(
    rowsOf(b).filter(({ type }) => type === "TaskQueued").map(({ stream, task }) => {
      const device = stream.slice("device/".length);
      const message = { task: task!, message: "metadata", attempt: 1 } as const;
      return b.engine.submit({ kind: "delivered", device, ...message });
    }),
  );
  b.engine.reachable(false);
  sentTo(b);
  b.room = () => new Promise(() => {});
  b.engine.reachable(true, true);
  await quiet();
  assert.deepEqual(sentTo(b), names.slice(0, 200));
  delete b.room;
  await reach(b);
  assert.deepEqual(sentTo(b), names);
});

Deno.test("Engine behind a broker: once it has stopped, nothing is called any more", async () => {
  const b = await brokered();
  await fleet(b, 3);
  await b.engine.stop();
  b.store.onCall = () => assert.fail("somebody was called");
  await reach(b);
  b.engine.callAll();
  await b.clock.pass(MIN);
  assert.deepEqual(b.sent, []);
  assert.equal(rowsOf(b).at(-1)!.type, "EngineStopped");
});
