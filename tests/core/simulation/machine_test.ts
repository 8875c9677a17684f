import assert from "node:assert/strict";
import { sealRow } from "../../../core/log/mod.ts";
import { StoreError } from "../../../core/engine/mod.ts";
import { Disk } from "../../../core/simulation/machine/disk.ts";
import { Process } from "../../../core/simulation/machine/process.ts";
import { Random } from "../../../core/simulation/chance/random.ts";
import { Sleep } from "../../../core/simulation/machine/sleep.ts";
import { Timeline } from "../../../core/simulation/machine/timeline.ts";
import { sha256 } from "../support/bench_engine.ts";

function write(seq: number, version: number) {
  const place = { log: "a", seq, epoch: 1, stream: "engine", version, prev: null, cause: null };
  const fact = { type: "EngineStopped", at: seq, actor: "engine", data: {} } as const;
  const row = sealRow(place, fact, { moves: [], effects: [] }, () => "00".repeat(16), sha256);
  return { stream: "engine", expectedVersion: version - 1, rows: [row], models: {} };
}

Deno.test("Disk: what was torn is cut off, and was never durable", () => {
  const disk = new Disk();
  disk.commit([write(1, 1)]);
  disk.tear([write(2, 2), write(3, 3)], 1);
  assert.equal(disk.rows.length, 1);
  assert.equal(disk.open().seq, 1);
  assert.deepEqual(disk.head("engine").version, 1);
  disk.commit([write(2, 2)]);
  assert.equal(disk.rows.length, 2);
});

Deno.test("Disk: whoever does not know of the last row writes nothing", () => {
  const disk = new Disk();
  disk.commit([write(1, 1)]);
  for (const late of [write(1, 1), write(1, 2), write(2, 1), write(3, 2)]) {
    assert.throws(() => disk.commit([late]), StoreError);
  }
  assert.equal(disk.rows.length, 1);
});

function machine() {
  const timeline = new Timeline();
  const deaths: number[] = [];
  const world = { timeline, wallAtBegin: 1_000_000, sleep: new Sleep(timeline), touch: () => {} };
  const start = (diesAt: number) =>
    new Process({
      machine: world,
      number: 1,
      random: new Random(1),
      diesAt,
      onDeath: () => void deaths.push(timeline.now),
    });
  const pass = async () => {
    while (timeline.step(Infinity)) for (let n = 0; n < 10; n++) await Promise.resolve();
  };
  return { world, timeline, deaths, start, pass };
}

Deno.test("Process: it dies at that place, once, and what it waited for never comes", async () => {
  for (const [diesAt, done] of [[1, "began"], [2, "began worked"], [3, "began worked"]] as const) {
    const { start, deaths, pass } = machine();
    const life = start(diesAt);
    const did = ["began"];
    void life.later(5, () => did.push("worked")).then(() => did.push("ended"));
    await pass();
    const isOver = diesAt < 3;
    assert.equal(did.join(" "), isOver ? diesAt === 1 ? "began" : done : `${done} ended`);
    assert.equal(life.isAlive, !isOver);
    assert.equal(deaths.length, isOver ? 1 : 0);
  }
});

Deno.test("Process: frozen, it does all that is due when it goes on; its clocks never stood still", async () => {
  const { timeline, start, pass } = machine();
  const life = start(Infinity);
  const seen: [string, number][] = [];
  const did = (what: string) => () => void seen.push([what, timeline.now]);
  life.after(10, did("timer"));
  const takeBack = life.after(20, did("taken back"));
  life.after(30, did("another"));
  life.after(150, did("after it"));
  life.freeze(100);
  assert.ok(life.isFrozen);
  timeline.after(50, () => {
    takeBack();
    assert.equal(life.monotonic(), 50);
  });
  await pass();
  assert.deepEqual(seen, [["timer", 100], ["another", 100], ["after it", 150]]);
  assert.equal(life.isFrozen, false);
  assert.equal(life.monotonic(), 150);
});

Deno.test("Process: when its machine sleeps, every timer comes later by that, and the wall clock goes on", async () => {
  const { world: { sleep }, timeline, start, pass } = machine();
  const life = start(Infinity);
  const seen: [string, number, number][] = [];
  const did = (what: string) => () => void seen.push([what, timeline.now, life.monotonic()]);
  life.after(5, did("before"));
  life.after(30, did("through one"));
  life.after(200, did("through both"));
  const takeBack = life.after(25, did("taken back"));
  timeline.after(20, () => sleep.begin(100));
  timeline.after(50, () => {
    life.after(1, did("came meanwhile"));
    assert.ok(life.isFrozen);
    assert.deepEqual([life.monotonic(), life.wall()], [20, 1_000_050]);
  });
  timeline.after(115, takeBack);
  timeline.after(125, () => sleep.begin(1_000));
  await pass();
  assert.deepEqual(seen, [
    ["before", 5, 5],
    ["came meanwhile", 121, 21],
    ["through one", 1_130, 30],
    ["through both", 1_300, 200],
  ]);
  assert.equal(life.wall(), 1_001_300);
});

Deno.test("Process: what was due is not put off by a sleep while it stands still", async () => {
  const { world: { sleep }, timeline, start, pass } = machine();
  const life = start(Infinity);
  const seen: [string, number][] = [];
  life.after(10, () => seen.push(["due", timeline.now]));
  life.after(60, () => seen.push(["not due", timeline.now]));
  life.freeze(100);
  timeline.after(50, () => sleep.begin(30));
  await pass();
  assert.deepEqual(seen, [["due", 100], ["not due", 100]]);
  life.after(10, () => seen.push(["due again", timeline.now]));
  life.freeze(100);
  timeline.after(50, () => sleep.begin(80));
  await pass();
  assert.deepEqual(seen.at(-1), ["due again", 230]);
});
