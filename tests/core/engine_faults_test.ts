/** What goes wrong around the engine must cost no device anything: the disk, the clocks, the outbox. */
import assert from "node:assert/strict";
import { startEngine, StoreError } from "../../core/engine/mod.ts";
import { addFirmware, bench, settle, sha256 } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { OTHER, T0 } from "./support/given.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

function task(b: Bench): string {
  const { state, attempt, reason } = [...b.store.tasks.values()].at(-1)!;
  return `${state} #${attempt} ${reason}`;
}

function listen(b: Bench): void {
  b.engine.connected("pump-7", "c1");
  b.engine.listening("pump-7", "c1", true);
}

async function listening(more = {}): Promise<Bench> {
  const b = await bench();
  listen(b);
  await settle();
  await b.upgrade("pump-7", more);
  return b;
}

Deno.test("Engine: a device that began to listen while the disk failed gets its task", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  b.store.failNext = "before";
  listen(b);
  await settle();
  assert.equal(task(b), "queued #1 null");
  await b.clock.pass(1_000);
  assert.equal(task(b), "offered #1 null");
});

Deno.test("Engine: a device that was gone while the disk failed is paused all the same", async () => {
  const b = await listening();
  await b.report("pump-7", "progress", { received: 5_000 });
  b.engine.disconnected("pump-7", "c1");
  await b.clock.pass(29_000);
  b.store.failNext = "before";
  await b.clock.pass(1_500);
  assert.equal(task(b), "downloading #1 null");
  await b.clock.pass(1_000);
  assert.equal(task(b), "paused #1 gone");
});

Deno.test("Engine: what a failed disk kept back is not told when it is no longer true", async () => {
  const b = await listening();
  await b.report("pump-7", "progress", { received: 5_000 });
  b.engine.disconnected("pump-7", "c1");
  b.store.failNext = "before";
  await b.clock.pass(30_500);
  listen(b);
  await b.clock.pass(2_000);
  assert.equal(task(b), "downloading #1 null");
});

Deno.test("Engine: a deferral that ends while the device is away spends no attempt", async () => {
  const b = await listening();
  await b.report("pump-7", "progress", { received: 5_000 });
  await b.report("pump-7", "status", { status: "deferred", delay_seconds: 3_600 });
  b.engine.disconnected("pump-7", "c1");
  await b.clock.pass(3 * HOUR);
  assert.equal(task(b), "paused #1 gone");
});

Deno.test("Engine: a task ends at expires_in though its device listens and never answers", async () => {
  const b = await listening({ expires_in: 5 * 86_400 });
  await b.clock.pass(5 * DAY + MIN);
  assert.equal(task(b), "timed_out #1 expired");
});

Deno.test("Engine: an expired task does not keep the next one waiting", async () => {
  const b = await bench();
  await addFirmware(b, "1.5.0", OTHER.slice(7));
  await b.upgrade("pump-7", { expires_in: 60 });
  await b.upgrade("pump-7", { firmware_version: "1.5.0", checksum: OTHER });
  b.clock.skew += HOUR;
  const [metadata] = await b.report("pump-7", "request", {});
  assert.ok(metadata?.kind === "metadata" && metadata.payload.version === "1.5.0");
});

Deno.test("Engine: deadlines are looked at again a second after the store failed", async () => {
  const b = await listening({ limits: { offered: 600 } });
  await b.clock.pass(10 * MIN - 1_000);
  let looks = 0;
  b.store.onDue = () => {
    if (++looks === 1) throw new Error("The disk is gone.");
  };
  const rows = b.store.rows.length;
  await b.clock.pass(4_000);
  assert.ok(looks > 1 && b.store.rows.length > rows);
});

Deno.test("Engine: tasks whose limit may not count yet hide none whose limit may", async () => {
  const b = await bench();
  for (let n = 0; n < 501; n++) {
    const device = `idle-${n}`;
    await b.command({
      type: "registerDevice",
      device,
      tokenSha256: n.toString(16).padStart(64, "0"),
      tokenSha512: ANY_SHA512,
    });
    await b.upgrade(device);
    await b.report(device, "request", {});
  }
  await b.upgrade("pump-7", { limits: { offered: 10 } });
  await b.report("pump-7", "request", {});
  b.clock.skew += 2 * DAY;
  await b.restart();
  await b.clock.pass(11_000);
  assert.equal(b.store.tasks.get([...b.store.tasks.keys()].at(-1)!)?.state, "held");
});

Deno.test("Engine: after a leap of the wall clock a deadline is fed when it is due", async () => {
  const b = await listening({ limits: { offered: 3_600 } });
  await b.clock.pass(10 * MIN);
  b.clock.skew += 8 * HOUR;
  await b.report("pump-7", "progress", { received: 5_000 });
  await b.report("pump-7", "status", { status: "deferred", delay_seconds: 60 });
  await b.clock.pass(61_000);
  assert.equal(task(b), "downloading #1 null");
});

Deno.test("Engine: a step of the clock is on record though the first append after it failed", async () => {
  const b = await bench();
  b.clock.skew += 8 * HOUR;
  b.store.failNext = "before";
  await assert.rejects(b.report("pump-7", "request", { current_version: "1" }));
  await b.report("pump-7", "request", { current_version: "1" });
  const last = b.store.rows.slice(-2).map((row) => JSON.parse(row.bytes));
  assert.deepEqual(last.map(({ type }) => type), ["ClockStepped", "UpdateRequested"]);
  assert.equal(last[1].at, T0 + 8 * HOUR);
});

Deno.test("Engine: refusals that were left out are counted though an append failed", async () => {
  const b = await bench();
  const refused = () => b.report("pump-7", "verify", { checksum: OTHER });
  for (let n = 0; n < 4; n++) await refused();
  await b.clock.pass(11_000);
  b.store.failNext = "before";
  await assert.rejects(refused());
  await refused();
  const rows = b.store.rows.filter(({ bytes }) => bytes.includes('"ReportRejected"'));
  assert.deepEqual(rows.map(({ data }) => JSON.parse(data).left_out), [0, 3]);
});

Deno.test("Engine: one message that cannot be handed over keeps back no other", async () => {
  const b = await bench();
  await b.command({
    type: "registerDevice",
    device: "pump-8",
    tokenSha256: "bb".repeat(32),
    tokenSha512: ANY_SHA512,
  });
  b.failSend = "pump-7";
  await Promise.all([
    b.report("pump-7", "request", {}),
    b.report("pump-8", "request", {}),
    b.command({ type: "revokeDevice", device: "pump-8" }),
  ]);
  assert.deepEqual(b.sent.map(({ device }) => device), ["pump-8"]);
  assert.deepEqual(b.cut, ["pump-8"]);
  assert.equal(b.faults.length, 1);
  assert.equal(b.store.opens, 1, "the store is not to blame");
});

Deno.test("Engine: an engine that finds rows of a later epoch takes nothing more", async () => {
  const b = await bench();
  const old = b.engine;
  await b.restart();
  await b.report("pump-7", "request", { current_version: "1" });
  b.store.failNext = "before";
  await old.submit({ kind: "command", actor: "operator:test", command: revoke });
  const rows = b.store.rows.length;
  const answer = await old.submit({ kind: "command", actor: "operator:test", command: revoke });
  assert.equal(answer.ok || answer.problem.status, 503);
  assert.equal(b.store.rows.length, rows);
  assert.match(String(b.faults.at(-1)), /Another engine continued log/);
});

const revoke = { type: "revokeDevice", device: "pump-7" } as const;

Deno.test("Engine.lastHeardAt() says when a device was heard, not when it was waited for", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  await b.report("pump-7", "progress", { received: 5_000 }).catch(() => {});
  b.engine.heard("pump-7");
  const at = b.engine.now();
  await b.clock.pass(HOUR);
  assert.equal(b.engine.lastHeardAt("pump-7"), at);
  await b.restart();
  assert.equal(b.engine.lastHeardAt("pump-7"), undefined);
});

Deno.test("Engine: deadlines fire after the store was closed by a fault, though nobody else speaks", async () => {
  const b = await listening({ limits: { offered: 600 } });
  await b.clock.pass(10 * MIN - 1_000);
  b.store.failNext = "before";
  b.store.closesOnFault = true;
  await b.clock.pass(10_000);
  assert.equal(task(b), "offered #1 null", "offered anew, as the device listens");
  assert.ok(b.store.rows.some(({ bytes }) => bytes.includes('"DeadlinePassed"')));
});

Deno.test("Engine: a store that cannot be read is opened again; nothing is answered from it", async () => {
  const b = await bench();
  await b.restart();
  b.store.failRead = true;
  const answer = await b.upgrade("pump-7");
  assert.equal(answer.ok || answer.problem.status, 503);
  const opens = b.store.opens;
  assert.ok((await b.upgrade("pump-7")).ok);
  assert.equal(b.store.opens, opens + 1);
});

Deno.test("Engine: opens a failed store again by itself until it can, and says that it is not well", async () => {
  const b = await bench();
  const { open } = b.store;
  b.store.open = () => Promise.reject(new StoreError("full", "There is no room."));
  b.store.failNext = "before";
  assert.ok(!(await b.upgrade("pump-7")).ok);
  await b.clock.pass(10_000);
  assert.equal(b.engine.isWell, false);
  assert.equal(b.faults.length, 1, "what nobody asked for is told once");
  b.store.open = open;
  await b.clock.pass(1_000);
  assert.equal(b.engine.isWell, true);
  const { opens } = b.store;
  assert.ok((await b.upgrade("pump-7")).ok);
  assert.equal(b.store.opens, opens);
});

Deno.test("startEngine() continues no log with the key of another, and adds no row to it", async () => {
  const b = await bench();
  const rows = b.store.rows.length;
  const ports = {
    store: b.store,
    clock: b.clock,
    outbox: { send: () => {}, disconnect: () => {} },
    digest: { sha256, salt: () => "00".repeat(16) },
  };
  const identity = { log: "another", publicKey: "ed25519:01" };
  await assert.rejects(
    startEngine(ports, { baseUrl: "http://127.0.0.1:8000", identity }),
    /Cannot continue log 0123456789abcdef: log\.key belongs to log another\. Restore the right key\./,
  );
  assert.equal(b.store.rows.length, rows);
});

Deno.test("Engine: a log that another engine continued meanwhile is left to that one", async () => {
  const b = await bench();
  const { open } = b.store;
  b.store.open = async () => ({ ...await open.call(b.store), epoch: 9 });
  b.store.failNext = "before";
  assert.ok(!(await b.upgrade("pump-7")).ok);
  const rows = b.store.rows.length;
  assert.ok(!(await b.upgrade("pump-7")).ok);
  assert.match(
    String(b.faults.at(-1)),
    /Another engine continued log 0123456789abcdef\. Stop this/,
  );
  assert.deepEqual([b.store.rows.length, b.engine.isWell], [rows, false]);
});
