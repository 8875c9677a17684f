/** What is told of the engine's work: figures and wake-ups, after the commit and never in its way. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import { OTHER } from "./support/given.ts";

Deno.test("Engine: an observer hears each fact and each decided input once, when they are durable", async () => {
  const b = await bench();
  const heard: string[] = [];
  const rows = b.store.rows.length;
  b.observer.recorded = (type) => {
    assert.ok(b.store.rows.some(({ bytes }) => JSON.parse(bytes).type === type));
    heard.push(type);
  };
  b.observer.decided = ({ kind, rejected }) => void heard.push(`${kind} ${rejected ?? "taken"}`);
  await b.upgrade("pump-7");
  await b.report("pump-7", "request", {});
  await b.report("pump-7", "verify", { checksum: OTHER, task_id: "OTA_20200101_001" });
  assert.deepEqual(heard, [
    ...["TaskQueued", "command taken", "UpdateRequested", "report taken"],
    ...["ReportRejected", "report unknown_task"],
  ]);
  assert.equal(b.store.rows.length, rows + 3);
});

Deno.test("Engine: an append that fails is neither recorded nor decided", async () => {
  const b = await bench();
  b.observer.recorded = b.observer.decided = () => assert.fail("was told");
  b.store.failNext = "before";
  assert.equal((await b.upgrade("pump-7")).ok, false);
});

Deno.test("Engine: an observer or a listener that throws keeps nothing from anybody", async () => {
  const b = await bench();
  const fail = () => {
    throw new Error("A figure is wrong.");
  };
  Object.assign(b.observer, { committed: fail, recorded: fail, decided: fail });
  b.engine.onCommitted(fail);
  assert.ok((await b.upgrade("pump-7")).ok);
  assert.equal(b.store.opens, 1);
  assert.match(String(b.faults), /^Error: A figure is wrong\.$/);
});

Deno.test("Engine.onCommitted() calls back when there are new rows to read, until it is taken back", async () => {
  const b = await bench();
  const seen: number[] = [];
  const takeBack = b.engine.onCommitted(() => void seen.push(b.store.rows.length));
  const before = b.store.rows.length;
  await b.upgrade("pump-7");
  await b.command({ type: "cancelTask", task: "OTA_20200101_001" });
  assert.deepEqual(seen, [before + 1]);
  takeBack();
  await b.report("pump-7", "request", {});
  assert.deepEqual(seen, [before + 1]);
});

Deno.test("Engine.onCommitted() calls back for rows of an append that only seemed to fail", async () => {
  const b = await bench();
  let seen = 0;
  b.engine.onCommitted(() => void (seen = b.store.rows.length));
  b.store.failNext = "after";
  assert.equal((await b.upgrade("pump-7")).ok, false);
  await b.command({ type: "cancelTask", task: "OTA_20200101_001" });
  assert.equal(seen, b.store.rows.length);
});
