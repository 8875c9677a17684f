/** Devices behind a broker are called when it is back: all of them, as fast as messages are taken. */
import assert from "node:assert/strict";
import { StoreError } from "../../core/engine/mod.ts";
import { brokered, fleet, quiet, reach, sentTo } from "./support/brokered.ts";
import { assertReplays, rowsOf } from "./support/stories.ts";

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
  b.engine.callAll();
  await quiet();
  assert.deepEqual(sentTo(b), [...names.slice(0, 200), ...names.slice(0, 200)]);
  for (const room of rooms.splice(0)) room();
  await quiet();
  assert.deepEqual(sentTo(b), names.slice(200), "only one of them goes on");
  b.engine.callAll();
  await quiet();
  sentTo(b);
  b.engine.reachable(false);
  for (const room of rooms.splice(0)) room();
  await quiet();
  assert.deepEqual(sentTo(b), []);
});

Deno.test("Engine behind a broker: a roll call that ends while the store is asked calls nobody", async () => {
  const b = await brokered();
  const names = await fleet(b, 3);
  let looks = 0;
  b.store.onCall = () => {
    if (++looks === 1) b.engine.callAll();
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
    assert.deepEqual(sentTo(b), names.slice(200));
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
