/** A log that goes on from a backup says so itself, once, and whoever proves it is told. */
import assert from "node:assert/strict";
import { isDivergence, Replay, sealRow } from "../../core/mod.ts";
import type { Fact, SealedRow } from "../../core/mod.ts";
import { GrowingTree, LogCheck, Segment } from "../../core/evidence/mod.ts";
import type { Checkpoint, LogFault } from "../../core/evidence/mod.ts";
import { bench, sha256 } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { tagged } from "./support/erased.ts";
import { IMAGE } from "./support/given.ts";

/** The restores on record: `seq rows`. */
function restoresIn(rows: readonly SealedRow[]): string[] {
  return rows.filter(({ bytes }) => bytes.includes('"type":"LogRestored"'))
    .map(({ seq, data }) => `${seq} ${JSON.parse(data).rows}`);
}

/** An engine that was restored and not yet started, and the rows that are lost with all behind them. */
async function restored(): Promise<{ b: Bench; backedUp: number; lost: readonly SealedRow[] }> {
  const b = await bench();
  await b.upgrade("pump-7");
  const backedUp = b.store.rows.length;
  const restore = b.store.backup();
  await b.report("pump-7", "request", {});
  await b.report("pump-7", "verify", { checksum: IMAGE });
  for (let start = 0; start < 5; start++) await b.restart();
  const lost = b.store.rows;
  restore();
  return { b, backedUp, lost };
}

Deno.test("an engine records before its first start that its log was restored, and never again", async () => {
  const { b, backedUp } = await restored();
  await b.restart();
  const types = b.store.rows.slice(backedUp).map(({ bytes }) => JSON.parse(bytes).type);
  assert.deepEqual(types, ["LogRestored", "EngineStarted"]);
  await b.restart();
  assert.deepEqual(restoresIn(b.store.rows), [`${backedUp + 1} ${backedUp}`]);
});

for (const when of ["before", "after"] as const) {
  Deno.test(`a start that fails ${when} its rows are durable neither loses a restore nor doubles it`, async () => {
    const { b, backedUp } = await restored();
    for (let attempt = 0; attempt < 3; attempt++) {
      b.store.failNext = when;
      await assert.rejects(b.restart(), /The disk is gone/);
    }
    await b.restart();
    assert.deepEqual(restoresIn(b.store.rows), [`${backedUp + 1} ${backedUp}`]);
  });
}

/** Number and id of each task that was queued. */
function tasksIn(rows: readonly SealedRow[]): string[] {
  return rows.filter(({ bytes }) => bytes.includes('"type":"TaskQueued"'))
    .map(({ bytes, data }) => `${JSON.parse(data).number} ${JSON.parse(bytes).task}`);
}

for (const starts of [1, 2, 3]) {
  Deno.test(`after a restore no name of a lost task is given out again (${starts} starts)`, async () => {
    const b = await bench();
    for (const device of ["a", "b", "c", "d"]) await tagged(b, device);
    await b.upgrade("a");
    const restore = b.store.backup();
    for (const device of ["b", "c"]) await b.upgrade(device);
    const lost = tasksIn(b.store.rows).slice(1);
    restore();
    for (let start = 0; start < starts; start++) await b.restart();
    await b.upgrade("b");
    await b.upgrade("c");
    await b.restart();
    await b.upgrade("d");
    assert.deepEqual(lost, ["1000002 OTA_20231114_002", "1000003 OTA_20231114_003"]);
    assert.deepEqual(tasksIn(b.store.rows), [
      "1000001 OTA_20231114_001",
      "2000002 OTA_20231114_1000002",
      "2000003 OTA_20231114_1000003",
      "2000004 OTA_20231114_1000004",
    ]);
    assert.equal(replayFault(b.store.rows), undefined);
  });
}

Deno.test("names that were lost behind each of two restores are left out, and after a fault, too", async () => {
  const b = await bench();
  for (const device of ["a", "b"]) await tagged(b, device);
  b.store.backup()();
  await b.restart();
  const restoreAgain = b.store.backup();
  await b.upgrade("a");
  assert.deepEqual(tasksIn(b.store.rows), ["2000001 OTA_20231114_1000001"]);
  restoreAgain();
  await b.restart();
  b.store.failNext = "before";
  assert.equal((await b.upgrade("a")).ok, false);
  await b.upgrade("a");
  await b.upgrade("b");
  assert.deepEqual(tasksIn(b.store.rows), [
    "3000001 OTA_20231114_2000001",
    "3000002 OTA_20231114_2000002",
  ]);
});

/** The checkpoint over the first rows. */
function checkpointAt(rows: readonly SealedRow[], size: number): Checkpoint {
  const tree = new GrowingTree(sha256);
  for (const { hash } of rows.slice(0, size)) tree.add(hash.slice("sha256:".length));
  return { origin: "otalog/test", size, root: tree.root };
}

/** What verify finds, in segments of so many rows. */
function verifyFault(
  rows: readonly SealedRow[],
  checkpoints: readonly Checkpoint[],
  segmentRows: number,
): LogFault | undefined {
  const check = new LogCheck(sha256, checkpoints);
  for (let begin = 0; begin < rows.length; begin += segmentRows) {
    const segment = new Segment(sha256, begin, checkpoints.map(({ size }) => size));
    for (const row of rows.slice(begin, begin + segmentRows)) {
      const fault = segment.take(row);
      if (fault) return fault;
    }
    const fault = check.take(segment.summary);
    if (fault) return fault;
  }
  return check.end();
}

/** The place where replay finds a row to be otherwise than it would be decided. */
function replayFault(rows: readonly SealedRow[]): string | undefined {
  const replay = new Replay(sha256);
  for (const row of rows) {
    const taken = replay.take(row);
    if (isDivergence(taken)) return `${taken.seq} ${taken.what}`;
  }
}

for (const segmentRows of [1, 4, 64]) {
  Deno.test(`LogCheck says of a checkpoint that is lost that the log was restored (${segmentRows} rows at once)`, async () => {
    const { b, backedUp, lost } = await restored();
    await b.restart();
    await b.report("pump-7", "request", {});
    const { rows } = b.store;
    const find = (...checkpoints: Checkpoint[]) => verifyFault(rows, checkpoints, segmentRows);

    const kept = checkpointAt(lost, backedUp);
    assert.equal(find(kept, checkpointAt(rows, rows.length)), undefined);
    const contradicted = find(kept, checkpointAt(lost, backedUp + 1))!;
    assert.deepEqual(
      [contradicted.what, contradicted.to, contradicted.restored],
      ["root", backedUp + 1, backedUp],
    );
    const cut = find(checkpointAt(lost, lost.length))!;
    assert.deepEqual([cut.what, cut.expected, cut.restored], ["end", `${lost.length}`, backedUp]);
    // A restore does not explain what was edited before it.
    const edited = find({ ...kept, root: checkpointAt(lost, 1).root })!;
    assert.deepEqual([edited.what, edited.to, edited.restored], ["root", backedUp, undefined]);
  });
}

Deno.test("LogCheck names the newest of several restores below the checkpoint", async () => {
  const { b, backedUp, lost } = await restored();
  await b.restart();
  const [again, restoreAgain] = [b.store.rows.length, b.store.backup()];
  await b.report("pump-7", "request", {});
  await b.restart();
  const lostAgain = b.store.rows;
  restoreAgain();
  await b.restart();
  const { rows } = b.store;
  assert.deepEqual(restoresIn(rows), [`${backedUp + 1} ${backedUp}`, `${again + 1} ${again}`]);
  const restoredOf = (checkpoint: Checkpoint) => verifyFault(rows, [checkpoint], 64)!.restored;
  assert.equal(restoredOf(checkpointAt(lost, again)), backedUp);
  assert.equal(restoredOf(checkpointAt(lostAgain, again + 1)), again);
});

Deno.test("a restore that says another number of rows than come before it is found", async () => {
  const { b } = await restored();
  await b.restart();
  const { rows } = b.store;
  assert.equal(replayFault(rows), undefined);
  const last = rows.findLast(({ stream }) => stream === "engine")!;
  const { log, epoch, at } = JSON.parse(rows.at(-1)!.bytes);
  const seq = rows.length + 1;
  const place = { log, seq, epoch, stream: "engine", version: last.version + 1, prev: last.hash };
  const saying = (count: number) => {
    const fact: Fact = { type: "LogRestored", at, actor: "engine", data: { rows: count } };
    const outcome = { effects: [], moves: [] };
    return [
      ...rows,
      sealRow({ ...place, cause: null }, fact, outcome, () => "0".repeat(32), sha256),
    ];
  };
  assert.equal(replayFault(saying(seq - 1)), undefined);
  assert.equal(verifyFault(saying(seq - 1), [], 64), undefined);
  for (const wrong of [1, seq - 2, seq, seq + 1]) {
    assert.equal(replayFault(saying(wrong)), `${seq} rows`);
    const { seq: at, what, expected, found } = verifyFault(saying(wrong), [], 64)!;
    assert.deepEqual(
      [at, what, expected, found],
      [seq, "data", `{"rows":${seq - 1}}`, `{"rows":${wrong}}`],
    );
  }
});
