/** A device as of a point of its log: the fold of the rows up to there, and the state that lived then. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  activeStates,
  AsOf,
  deviceStream,
  isActive,
  isBehind,
  sealRow,
  stepDevice,
  timeOf,
} from "../../core/mod.ts";
import type { Device, DeviceFact, LogPoint, RowHeader, SealedRow } from "../../core/mod.ts";
import { bench, sha256 } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { OTHER, T0 } from "./support/given.ts";
import { live, stories } from "./support/histories.ts";
import { listen, order, PUMP, random, says, tryOrder, wayTo } from "./support/stories.ts";

const NOTHING = { moves: [], effects: [] };

/** The facts as rows of one stream, between rows of others. */
function rowsOf(facts: readonly DeviceFact[], gap: number): SealedRow[] {
  return facts.map((fact, index) => {
    const seq = 2 + index * gap;
    const place = { log: "0", seq, epoch: 1, stream: "device/pump-7", version: index + 1 };
    return sealRow(
      { ...place, prev: null, cause: null },
      fact,
      NOTHING,
      () => "00".repeat(16),
      sha256,
    );
  });
}

/** The state as of a point, from the rows of the device's stream. */
function asOf(rows: readonly SealedRow[], point: LogPoint): AsOf["state"] {
  const fold = new AsOf(point);
  for (const row of rows) {
    const taken = fold.take(row);
    assert.equal(typeof taken, "boolean", JSON.stringify(taken));
    if (!taken) break;
  }
  return fold.state;
}

Deno.test("AsOf is the fold of the rows up to every row and every instant, whatever the history", () => {
  fc.assert(
    fc.property(stories, fc.integer({ min: 1, max: 3 }), (story, gap) => {
      const { facts, states } = live(story);
      const rows = rowsOf(facts, gap);
      const check = (point: LogPoint, last: number) => {
        const row = rows[last];
        const { at } = facts[last] ?? {};
        const state = row && { device: states[last]!, tags: [], seq: row.seq, at };
        assert.deepEqual(asOf(rows, point), state, JSON.stringify(point));
      };
      for (let seq = 1; seq <= rows.at(-1)!.seq + 1; seq++) {
        check({ seq }, rows.findLastIndex((row) => row.seq <= seq));
      }
      for (const { at } of facts) {
        for (const instant of [at - 1, at, at + 1]) {
          check({ at: instant }, facts.findLastIndex((fact) => fact.at <= instant));
        }
      }
    }),
    { numRuns: 40 },
  );
});

/** What may happen to the house while it is watched. */
type Deed = (b: Bench, drawn: () => number) => Promise<unknown>;

const deeds: readonly Deed[] = [
  (b, drawn) =>
    tryOrder(b, `2.${Math.floor(4 * drawn())}.0`, {
      priority: drawn() < 0.3 ? "security" : "normal",
      completion: drawn() < 0.5 ? "booted" : "verified",
    }),
  (b) => listen(b),
  (b) => says(b, ["request", { current_version: "1.0.0" }]),
  (b, drawn) => says(b, ["progress", { percent: Math.floor(100 * drawn()) }]),
  (b, drawn) => {
    const state = activeStates[Math.floor(activeStates.length * drawn())]!;
    const task = b.store.devices.get(PUMP)!.tasks.find(isActive);
    return says(b, ["request", {}], ...wayTo(state, task?.policy.image ?? OTHER));
  },
  (b, drawn) => b.clock.pass(Math.floor(1_200_000 * drawn())),
  (b) => b.restart(),
  async (b) => {
    const open = b.store.devices.get(PUMP)!.tasks[0];
    if (open) await b.command({ type: "cancelTask", task: open.id });
  },
];

/** The device as the store had it after each commit that changed its stream, by the last row then. */
async function watched(seed: number): Promise<[Bench, Map<number, Device>]> {
  const b = await bench();
  const states = new Map<number, Device>();
  const note = () => {
    const last = b.store.rows.findLast(({ stream }) => stream === deviceStream(PUMP));
    if (last) states.set(last.seq, structuredClone(b.store.devices.get(PUMP)!));
  };
  const append = b.store.append.bind(b.store);
  b.store.append = async (writes) => {
    await append(writes);
    note();
  };
  note();
  const drawn = random(seed);
  await order(b);
  for (let deed = 0; deed < 40; deed++) {
    await deeds[Math.floor(deeds.length * drawn())]!(b, drawn);
  }
  return [b, states];
}

Deno.test("AsOf is the state that the engine had after each commit, at its row and at its time", async () => {
  const seen = new Set<string>();
  let commits = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const [b, states] = await watched(seed);
    const rows = b.store.rows.filter(({ stream }) => stream === deviceStream(PUMP));
    let fold: Device | undefined;
    for (const row of rows) {
      const { at, actor, type, task } = JSON.parse(row.bytes) as RowHeader;
      const fact = { at, actor, type, ...(task && { task }), data: JSON.parse(row.data) };
      fold = stepDevice(fold, fact as DeviceFact).device;
      assert.deepEqual(asOf(rows, { seq: row.seq })?.device, fold, `seed ${seed}, row ${row.seq}`);
      for (const { state } of fold.tasks) seen.add(state);
    }
    for (const [seq, state] of states) {
      assert.deepEqual(asOf(rows, { seq })?.device, state, `seed ${seed}, row ${seq}`);
      const at = timeOf(rows.find((row) => row.seq === seq)!);
      const isLastThen = rows.every((row) => timeOf(row) !== at || row.seq <= seq);
      if (isLastThen) assert.deepEqual(asOf(rows, { at })?.device, state, `seed ${seed}, ${at}`);
    }
    assert.deepEqual(asOf(rows, { at: 9e15 })?.device, b.store.devices.get(PUMP));
    commits += states.size;
  }
  const missed = ["queued", ...activeStates].filter((state) => !seen.has(state));
  assert.deepEqual(missed, [], "the histories are too tame");
  assert.ok(commits > 300, `only ${commits} commits`);
});

Deno.test("AsOf says what is wrong with a row that nothing can be made of, and never throws", () => {
  const [first, second] = rowsOf(live([]).facts.concat(live([]).facts), 1);
  const broken = (row: object) => new AsOf({ seq: 9 }).take({ ...first!, ...row });
  assert.deepEqual(broken({ data: "{}" }), {
    seq: 2,
    what: "data",
    expected: "the data of DeviceRegistered",
    found: "{}",
  });
  assert.equal(typeof broken({ bytes: null }), "object");
  // What lies behind the point does not matter.
  assert.equal(new AsOf({ seq: 1 }).take({ ...first!, data: "{}" }), false);
  assert.equal(new AsOf({ at: T0 - 1 }).take({ ...first!, data: "{}" }), false);
  const orphan = { ...live([]).facts[0]!, type: "DeviceRevoked", data: {} } as DeviceFact;
  assert.deepEqual(new AsOf({ seq: 9 }).take(rowsOf([orphan], 1)[0]!), {
    seq: 2,
    what: "fact",
    expected: "one that continues the stream",
    found: "DeviceRevoked",
  });
  const fold = new AsOf({ seq: 2 });
  assert.deepEqual([fold.take(first!), fold.take(second!)], [true, false]);
  assert.equal(fold.state?.seq, 2);
});

Deno.test("timeOf() and isBehind() hold what says nothing of its time to be within", () => {
  for (const bytes of ["", "null", "7", '{"at":"1"}', null, undefined]) {
    assert.ok(Number.isNaN(timeOf({ bytes })), String(bytes));
    assert.equal(isBehind({ at: T0 }, 1, timeOf({ bytes })), false);
  }
  assert.equal(timeOf({ bytes: '{"at":5}' }), 5);
});
