/** The engine takes personal data out of rows: all of it, once, and nothing else. */
import assert from "node:assert/strict";
import { ERASED_ROWS_MAX, personalIn } from "../../core/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import { changesOf, eraseDevice } from "../../core/engine/mod.ts";
import type { Erasure } from "../../core/engine/mod.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { fails, replayFault, tagged, verifyFault } from "./support/erased.ts";
import { PUMP } from "./support/stories.ts";

const DEVICE = "lake-1";

function erase(b: Bench, device = DEVICE): Promise<Erasure> {
  return eraseDevice(b.engine, "operator:test", device);
}

/** What is personal in the rows of the device. */
function personalOf(b: Bench, device = DEVICE): unknown[] {
  return b.store.rows.filter(({ stream }) => stream === `device/${device}`)
    .flatMap(({ personal }) => personalIn(personal) ?? []).map(({ tags, reason }) =>
      tags ?? reason
    );
}

/** The erasures on record, by how many rows each names. */
function erasuresIn(rows: readonly SealedRow[]): number[] {
  return rows.filter(({ bytes }) => bytes.includes('"type":"DataErased"'))
    .map(({ data }) => JSON.parse(data).rows);
}

function assertHolds({ store: { rows } }: Bench): void {
  assert.deepEqual([verifyFault(rows), replayFault(rows)], [undefined, undefined]);
}

Deno.test("eraseDevice() takes tags and reasons out of a device's rows, and is on record", async () => {
  const b = await bench();
  await tagged(b, DEVICE, "roof", "north");
  await fails(b, DEVICE, "owner was called", "no permission");
  await fails(b, PUMP, "out of power");
  assert.deepEqual(personalOf(b), [["roof", "north"], "owner was called", "no permission"]);
  const { length: before } = b.store.rows;
  assert.deepEqual(await erase(b), { ok: true, rows: 3 });
  assert.deepEqual(personalOf(b), []);
  assert.deepEqual(personalOf(b, PUMP), ["out of power"]);
  const added = b.store.rows.slice(before);
  assert.equal(added.length, 1);
  const { type, actor, task, outcome } = JSON.parse(added[0]!.bytes);
  assert.deepEqual([type, actor, task], ["DataErased", "operator:test", undefined]);
  assert.deepEqual(outcome, { effects: [], moves: [] });
  const texts = changesOf(added[0]!, () => undefined).map(({ reason, text }) => [reason, text]);
  assert.deepEqual(texts, [["data_erased", "Personal data was taken out of 3 rows."]]);
  assertHolds(b);
});

Deno.test("eraseDevice() finds nothing the second time, after a restart, too, and only what is new", async () => {
  const b = await bench();
  await tagged(b, DEVICE, "roof");
  assert.deepEqual(await erase(b), { ok: true, rows: 1 });
  const { length } = b.store.rows;
  assert.deepEqual(await erase(b), { ok: true, rows: 0 });
  assert.equal(b.store.rows.length, length);
  await b.restart();
  assert.deepEqual(await erase(b), { ok: true, rows: 0 });
  await fails(b, DEVICE, "out of room");
  assert.deepEqual(await erase(b), { ok: true, rows: 1 });
  assert.deepEqual([personalOf(b), erasuresIn(b.store.rows)], [[], [1, 1]]);
  assertHolds(b);
});

Deno.test("eraseDevice() leaves a device without personal data as it is", async () => {
  const b = await bench();
  const { length } = b.store.rows;
  assert.deepEqual(await erase(b, PUMP), { ok: true, rows: 0 });
  assert.equal(b.store.rows.length, length);
});

Deno.test("eraseDevice() says of a device that nobody knows that there is none", async () => {
  const b = await bench();
  const erasure = await erase(b, "nobody");
  assert.ok(!erasure.ok);
  const { status, detail } = erasure.problem;
  assert.deepEqual([status, detail], [
    404,
    "There is no device nobody: nothing can be erased of it.",
  ]);
});

Deno.test("eraseDevice() erases the data of a device that was revoked, and none of its tasks", async () => {
  const b = await bench();
  await tagged(b, DEVICE, "roof");
  await fails(b, DEVICE, "owner was called");
  const device = () => JSON.stringify(b.store.devices.get(DEVICE));
  const tasks = () => JSON.stringify([...b.store.tasks]);
  const before = [device(), tasks()];
  await erase(b);
  assert.deepEqual([device(), tasks()], before);
  await b.command({ type: "revokeDevice", device: DEVICE });
  assert.deepEqual(await erase(b), { ok: true, rows: 0 });
  await tagged(b, "lake-2", "shore");
  await b.command({ type: "revokeDevice", device: "lake-2" });
  assert.deepEqual(await erase(b, "lake-2"), { ok: true, rows: 1 });
  assertHolds(b);
});

/** A device that said so many times why it puts the update off. */
async function talkative(times: number): Promise<Bench> {
  const b = await bench();
  await tagged(b, DEVICE, "roof");
  await b.upgrade(DEVICE);
  await b.report(DEVICE, "request", {});
  for (let n = 0; n < times; n++) {
    await b.clock.pass(2_000);
    const body = { status: "deferred", reason: `busy with ${n}`, delay_seconds: 60 + n };
    await b.report(DEVICE, "status", body);
  }
  return b;
}

Deno.test("eraseDevice() records as many facts as it takes, and lets others have their turn", async () => {
  const times = 2 * ERASED_ROWS_MAX + 99;
  const b = await talkative(times);
  assert.equal(personalOf(b).length, times + 1);
  const erasure = erase(b);
  // It comes behind the first batch of it, and long before the last.
  const other = b.report(PUMP, "request", {}).then(() => personalOf(b).length);
  const left = await other;
  assert.ok(left > 0 && left < times, `${left} rows were left`);
  assert.deepEqual(await erasure, { ok: true, rows: times + 1 });
  assert.deepEqual(personalOf(b), []);
  assert.deepEqual(erasuresIn(b.store.rows), [ERASED_ROWS_MAX, ERASED_ROWS_MAX, 100]);
  assertHolds(b);
  assert.deepEqual(await erase(b), { ok: true, rows: 0 });
});

Deno.test("eraseDevice() takes data out of rows of its own batch, and of each row once", async () => {
  const b = await bench();
  await tagged(b, DEVICE, "roof");
  await b.upgrade(DEVICE);
  await b.report(DEVICE, "request", {});
  const { appends } = b.store;
  const failed = (reason: string) => b.report(DEVICE, "status", { status: "failed", reason });
  const [, first, second] = await Promise.all([
    failed("owner was called"),
    erase(b),
    erase(b),
    failed("out of room"),
  ]);
  assert.equal(b.store.appends, appends + 1, "all in one batch");
  assert.deepEqual([first, second], [{ ok: true, rows: 2 }, { ok: true, rows: 0 }]);
  assert.deepEqual(personalOf(b), ["out of room"]);
  assertHolds(b);
});

Deno.test("eraseDevice() erases all or nothing when the store fails, and can be told again", async () => {
  for (const fault of ["before", "after"] as const) {
    const b = await bench();
    await tagged(b, DEVICE, "roof");
    await fails(b, DEVICE, "owner was called");
    b.store.failNext = fault;
    const erasure = await erase(b);
    assert.ok(!erasure.ok && erasure.problem.status === 503);
    const isErased = fault === "after";
    assert.deepEqual(
      [personalOf(b).length, erasuresIn(b.store.rows)],
      isErased ? [0, [2]] : [2, []],
    );
    assert.deepEqual(await erase(b), { ok: true, rows: isErased ? 0 : 2 });
    assert.deepEqual([personalOf(b), erasuresIn(b.store.rows)], [[], [2]]);
    assertHolds(b);
  }
});

Deno.test("eraseDevice() stands beside another one of the same batch, however much there is", async () => {
  const b = await talkative(ERASED_ROWS_MAX + 9);
  const [first, second] = await Promise.all([erase(b), erase(b)]);
  assert.deepEqual([first, second], [{ ok: true, rows: ERASED_ROWS_MAX }, { ok: true, rows: 10 }]);
  assert.deepEqual(personalOf(b), []);
  assertHolds(b);
});
