/** Whose token ends is cut (PROTOCOL §3): replaced, replaced with an overlap, revoked. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE } from "./support/given.ts";
import { at, listen, order, PUMP, says, taskOf } from "./support/stories.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

const HOUR = 3_600_000;

function rotate(b: Bench, overlapMs: number, byte: string): ReturnType<Bench["command"]> {
  const tokenSha256 = byte.repeat(32);
  return b.command({
    type: "issueToken",
    device: PUMP,
    tokenSha256,
    tokenSha512: ANY_SHA512,
    overlapMs,
  });
}

function tokens(b: Bench): string[] {
  return b.store.devices.get(PUMP)!.tokens.map(({ sha256 }) => sha256.slice(0, 2));
}

Deno.test("Engine: a token without an overlap ends the old one, and who logged in with it is cut", async () => {
  const b = await bench();
  await rotate(b, 0, "bb");
  assert.deepEqual([tokens(b), b.cut], [["bb"], [PUMP]]);
});

for (const restarts of [false, true]) {
  const when = restarts ? ", after a restart" : "";
  Deno.test(`Engine: a token with an overlap leaves the old one for so long, then cuts${when}`, async () => {
    const b = await bench();
    await rotate(b, 2 * HOUR, "bb");
    assert.deepEqual([tokens(b), b.cut], [["aa", "bb"], []]);
    const end = b.engine.now() + 2 * HOUR;
    if (restarts) {
      await b.clock.pass(HOUR);
      await b.restart();
      await listen(b);
    }
    await b.clock.pass(end - b.engine.now() - 1);
    assert.deepEqual(b.cut, []);
    await b.clock.pass(1);
    assert.deepEqual(b.cut, [PUMP]);
  });
}

Deno.test("Engine: who logs in with a token that ends is cut when it ends, though it says nothing", async () => {
  const b = await bench();
  await rotate(b, 2 * HOUR, "bb");
  await b.restart();
  b.engine.connected(PUMP, "c1");
  await b.clock.pass(2 * HOUR);
  assert.deepEqual(b.cut, [PUMP]);
});

Deno.test("Engine: a token that is replaced again ends at the earlier end, and each end cuts", async () => {
  const b = await bench();
  await rotate(b, 2 * HOUR, "bb");
  await rotate(b, HOUR, "cc");
  await b.clock.pass(HOUR - 1);
  assert.equal(b.cut.length, 0);
  await b.clock.pass(1);
  assert.ok(b.cut.splice(0).includes(PUMP), "aa and bb end together");
  await rotate(b, HOUR, "dd");
  await rotate(b, 0, "ee");
  assert.deepEqual([tokens(b), b.cut], [["ee"], [PUMP]]);
  await b.clock.pass(2 * HOUR);
  assert.equal(b.cut.length, 1, "nothing is left to end");
});

Deno.test("Engine: a revoked device is cut, its tasks end, and nothing it says is taken", async () => {
  const b = await bench();
  const id = await order(b);
  const waiting = await order(b, "2.1.0");
  await says(b, ["request", {}], ["progress", { received: 50_000 }]);
  await b.command({ type: "revokeDevice", device: PUMP });
  assert.deepEqual(b.cut, [PUMP]);
  assert.deepEqual([at(b, id), at(b, waiting)], [
    "cancelled #1 device_revoked",
    "cancelled #1 device_revoked",
  ]);
  const { tokens, owed } = b.store.devices.get(PUMP)!;
  assert.deepEqual([tokens, owed], [[], []]);
  const rows = b.store.rows.length;
  await assert.rejects(says(b, ["request", {}]), /revoked/);
  await assert.rejects(says(b, ["verify", { checksum: IMAGE }]), /revoked/);
  const again = await rotate(b, 0, "dd");
  assert.equal(again.ok || again.problem.status, 409);
  assert.equal(b.store.rows.length, rows);
  assert.equal(taskOf(b, id).state, "cancelled");
});

Deno.test("Engine: what a device says when its token has ended, but our timer is late, spares it nothing", async () => {
  const b = await bench();
  // A busy machine: what waits for a time comes when it is told to.
  const late: (() => void)[] = [];
  b.clock.after = (_, call) => {
    late.push(call);
    return () => void late.splice(late.indexOf(call), 1);
  };
  await rotate(b, HOUR, "bb");
  await b.clock.pass(HOUR);
  b.engine.connected(PUMP, "c1");
  await says(b, ["request", {}]);
  assert.deepEqual(b.cut, []);
  for (const call of [...late]) call();
  assert.deepEqual(b.cut, [PUMP]);
});
