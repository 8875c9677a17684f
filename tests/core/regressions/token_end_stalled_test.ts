/**
 * Found by seed 5106 of the simulator (L4): a token ended while the row that said so was being written,
 * and whoever had logged in with it stayed.
 */
import assert from "node:assert/strict";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { bench } from "../support/bench_engine.ts";
import type { Bench } from "../support/bench_engine.ts";
import { PUMP } from "../support/stories.ts";

function rotate(b: Bench): ReturnType<Bench["command"]> {
  const tokens = { tokenSha256: "bb".repeat(32), tokenSha512: ANY_SHA512 };
  return b.command({ type: "issueToken", device: PUMP, ...tokens, overlapMs: 7_000 });
}

Deno.test("Engine: a token that ends while its row is being written cuts who logged in with it", async () => {
  const b = await bench();
  const append = b.store.append.bind(b.store);
  b.store.append = (writes) => (b.clock.stall(46_000), append(writes));
  await rotate(b);
  await b.clock.pass(0);
  assert.deepEqual(b.cut, [PUMP]);
});

Deno.test("Engine: a token that ends while its device is being read cuts who logs in with it", async () => {
  const b = await bench();
  await rotate(b);
  await b.restart();
  const device = b.store.device.bind(b.store);
  b.store.device = (id) => (b.clock.stall(46_000), device(id));
  b.engine.connected(PUMP, "c1");
  await b.clock.pass(0);
  assert.deepEqual(b.cut, [PUMP]);
});

Deno.test("Engine: a token's end is not forgotten because its device could not be read at first", async () => {
  const b = await bench();
  await rotate(b);
  await b.restart();
  b.store.failRead = true;
  b.engine.connected(PUMP, "c1");
  await b.clock.pass(2_000);
  assert.deepEqual([b.engine.isWell, b.cut], [true, []]);
  await b.clock.pass(10_000);
  assert.deepEqual(b.cut, [PUMP]);
});

Deno.test("Engine: who was cut in time is not cut again when a slow row is written at last", async () => {
  const b = await bench();
  await rotate(b);
  const append = b.store.append.bind(b.store);
  const { promise: mayWrite, resolve } = Promise.withResolvers<void>();
  b.store.append = async (writes) => (await mayWrite, append(writes));
  const slow = b.upgrade(PUMP);
  await b.clock.pass(8_000);
  assert.deepEqual(b.cut, [PUMP]);
  resolve();
  await slow;
  await b.clock.pass(60_000);
  assert.deepEqual(b.cut, [PUMP]);
});

Deno.test("Engine: a device that was read while its token was being replaced is cut when the old one ends", async () => {
  const b = await bench();
  await b.restart();
  const old = await b.store.device(PUMP);
  const { promise: isRead, resolve } = Promise.withResolvers<void>();
  const device = b.store.device.bind(b.store);
  b.store.device = async () => (await isRead, old);
  b.engine.connected(PUMP, "c1");
  b.store.device = device;
  await rotate(b);
  resolve();
  await b.clock.pass(8_000);
  assert.deepEqual(b.cut, [PUMP]);
});

Deno.test("Engine: nobody is cut by an engine that has stopped", async () => {
  const b = await bench();
  const issued = rotate(b);
  await b.engine.stop();
  assert.ok((await issued).ok, "what waited was taken");
  await b.clock.pass(8_000);
  assert.deepEqual(b.cut, []);
});
