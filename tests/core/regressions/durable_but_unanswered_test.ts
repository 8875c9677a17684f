/**
 * Found by seeds 63, 410 and 448 of the simulator (L4, I18): a commit that failed may be durable all the
 * same. What it was to lead to beside the log was forgotten, or happened twice.
 */
import assert from "node:assert/strict";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { bench, settle } from "../support/bench_engine.ts";
import { brokered, reach } from "../support/brokered.ts";
import {
  assertReplays,
  listen,
  order,
  PUMP,
  rowsOf,
  says,
  told,
  tryOrder,
} from "../support/stories.ts";

const REOPENED = 1_100;

Deno.test("Engine: who listens is told of an order whose commit failed and was durable", async () => {
  for (const start of [bench, brokered]) {
    const b = await start();
    if (start === bench) await listen(b);
    else await reach(b);
    await tryOrder(b, "2.1.0");
    b.heard();
    b.store.failNext = "after";
    assert.equal(await tryOrder(b, "2.0.0", { priority: "security" }), 503);
    assert.deepEqual(told(b), [], "nobody knows whether it is durable");
    await b.clock.pass(REOPENED);
    assert.match(told(b).join(), /^cancel \S+ preempted,metadata OTA_\w+$/);
    assertReplays(b);
  }
});

Deno.test("Engine: who is offline is not called when the store is opened again", async () => {
  const b = await bench();
  await order(b);
  const looks: string[] = [];
  const look = b.store.device.bind(b.store);
  b.store.device = (id) => (looks.push(id), look(id));
  b.store.failNext = "before";
  assert.equal(await tryOrder(b, "2.1.0"), 404);
  looks.length = 0;
  await b.clock.pass(REOPENED);
  assert.deepEqual([looks, told(b)], [[], []]);
});

Deno.test("Engine: a step of the clock whose commit failed and was durable is on record once", async () => {
  for (const how of ["before", "after"] as const) {
    const b = await bench();
    b.clock.skew += 60_000;
    b.store.failNext = how;
    await tryOrder(b, "2.0.0");
    assert.equal(b.faults.length, 1);
    await b.clock.pass(REOPENED);
    await order(b, "2.1.0");
    const steps = rowsOf(b).filter(({ type }) => type === "ClockStepped");
    assert.deepEqual(steps.map(({ data }) => data.by_ms), [60_000], how);
    assertReplays(b);
  }
});

Deno.test("Engine: refusals whose commit failed and was durable are counted once", async () => {
  for (const how of ["before", "after"] as const) {
    const b = await bench();
    const refused = async () => void await says(b, ["verify", "{"]).catch(() => {});
    for (let n = 0; n < 3; n++) await refused();
    await b.clock.pass(11_000);
    b.store.failNext = how;
    await refused();
    await b.clock.pass(11_000);
    await refused();
    await settle();
    const rejected = rowsOf(b).filter(({ type }) => type === "ReportRejected");
    const counts = rejected.map(({ data }) => Number(data.left_out));
    // The one that was answered 503 was not taken, unless it was durable.
    assert.deepEqual(counts, how === "before" ? [0, 2] : [0, 2, 0], how);
    assert.equal(b.store.devices.get(PUMP)?.rejectedAt !== 0, true);
  }
});

Deno.test("Engine: a revocation whose commit failed and was durable cuts, and is taken again", async () => {
  const b = await bench();
  const revoke = { type: "revokeDevice", device: PUMP } as const;
  b.store.failNext = "after";
  const refused = await b.command(revoke);
  assert.deepEqual([refused.ok || refused.problem.status, b.cut], [503, []]);
  await b.clock.pass(REOPENED);
  assert.deepEqual(b.cut, [PUMP]);
  const rows = b.store.rows.length;
  assert.ok((await b.command(revoke)).ok);
  assert.equal(b.store.rows.length, rows);
});

Deno.test("Engine: a token whose commit failed and was durable ends the one before on time", async () => {
  for (const overlapMs of [0, 7_200_000]) {
    const b = await bench();
    const tokens = { tokenSha256: "bb".repeat(32), tokenSha512: ANY_SHA512 };
    b.store.failNext = "after";
    const refused = await b.command({ type: "issueToken", device: PUMP, ...tokens, overlapMs });
    assert.equal(refused.ok || refused.problem.status, 503);
    await b.clock.pass(Math.max(REOPENED, overlapMs - 1));
    assert.deepEqual(b.cut, overlapMs === 0 ? [PUMP] : []);
    await b.clock.pass(1);
    assert.deepEqual(b.cut, [PUMP]);
  }
});
