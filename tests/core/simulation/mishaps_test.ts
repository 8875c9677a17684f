/** What happens to the engine's process and machine in the simulation, and how judges see it. */
import assert from "node:assert/strict";
import { Awake } from "../../../core/simulation/checks/awake.ts";
import { Catalogue } from "../../../core/simulation/catalogue.ts";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { drawFaults, faultsMax } from "../../../core/simulation/chance/faults.ts";
import type { Fault } from "../../../core/simulation/chance/faults.ts";
import { Random } from "../../../core/simulation/chance/random.ts";
import { Mishaps } from "../../../core/simulation/machine/mishaps.ts";
import { Process } from "../../../core/simulation/machine/process.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import { World } from "../../../core/simulation/world.ts";
import { ports } from "../support/simulation.ts";

const HOUR_MS = 3_600_000;
const noFaults = Object.fromEntries(
  Object.keys(faultsMax).map((fault) => [fault, 0]),
) as Record<Fault, number>;

/** Two processes on a machine to which only these incidents happen, and what was seen. */
function stage(only: readonly string[], seed = 1) {
  const fate = new Fate(seed, drawFaults(seed, noFaults), only);
  const catalogue = new Catalogue(fate, ports.sha256);
  const offsets: number[] = [];
  const clockMoves = () => void offsets.push(world.wallAtBegin + world.asleepMs);
  const world: World = new World({
    fate,
    sha256: ports.sha256,
    catalogue,
    watch: { clockMoves },
    isBrokered: false,
  });
  const lives = [1, 2].map((number) =>
    new Process({
      machine: world,
      number,
      random: new Random(number),
      diesAt: Infinity,
      onDeath: () => {},
    })
  );
  const still: number[] = [];
  let frozen = 0;
  const mishaps = new Mishaps({
    world,
    alive: () => lives,
    onStill: (_ms, { number }) => void still.push(number),
    onFrozen: () => void frozen++,
  });
  return { world, mishaps, lives, still, offsets, frozenCount: () => frozen };
}

Deno.test("Mishaps: a process stands still alone; with a machine that sleeps all do", () => {
  const seen = { frozen: 0, asleep: 0 };
  for (let seed = 1; seed <= 30; seed++) {
    const { world, mishaps, lives, still, frozenCount } = stage(["engineFreeze commit 2"], seed);
    const [first, second] = lives;
    mishaps.perhaps("commit", first!);
    assert.equal(first!.isFrozen, false);
    mishaps.perhaps("commit", first!);
    assert.equal(first!.isFrozen, true);
    const isAsleep = second!.isFrozen;
    assert.equal(world.sleep.leftMs > 0, isAsleep);
    assert.deepEqual(still, isAsleep ? [1, 2] : [1]);
    assert.equal(frozenCount(), isAsleep ? 0 : 1);
    seen[isAsleep ? "asleep" : "frozen"]++;
  }
  assert.ok(seen.asleep > 3 && seen.frozen > seen.asleep, JSON.stringify(seen));
});

Deno.test("Mishaps: the wall clock jumps, and judges are shown it before and after", () => {
  const { world, mishaps, lives, offsets } = stage(["wallJump minute 1"]);
  const before = world.wallAtBegin;
  mishaps.perhaps("minute", lives[0]!);
  assert.ok(Math.abs(world.wallAtBegin - before) >= 1_000);
  assert.deepEqual(offsets, [before, world.wallAtBegin]);
});

Deno.test("Mishaps accompany a process while nothing goes on, until it dies or all is well", () => {
  for (const end of ["death", "healing"]) {
    const { world, mishaps, lives } = stage(["wallJump minute 20"]);
    mishaps.accompany(lives[0]!);
    const before = world.wallAtBegin;
    while (world.timeline.step(HOUR_MS));
    assert.notEqual(world.wallAtBegin, before);
    if (end === "death") lives[0]!.die();
    else world.fate.heal();
    let steps = 0;
    while (world.timeline.step(Infinity)) assert.ok(++steps < 3);
  }
});

Deno.test("simulate() lets processes stand still and clocks jump whatever the engine is doing", async () => {
  const met = new Set<string>();
  const faults = { engineFreeze: 20_000, wallJump: 20_000 };
  for (const seed of [1, 2, 3]) {
    const options = { seed, devices: 5, hours: 3, upgrades: 12, faults };
    const { incidents, stuck, violation } = await simulate(options, ports);
    assert.deepEqual([stuck, violation], [[], undefined], `seed ${seed}`);
    for (const name of incidents) {
      const [, kind] = /^((engineFreeze|wallJump) \w+)/.exec(name) ?? [];
      if (kind) met.add(kind);
    }
  }
  const occasions = ["commit", "minute", "read"];
  const all = ["engineFreeze", "wallJump"].flatMap((fault) =>
    occasions.map((o) => `${fault} ${o}`)
  );
  assert.deepEqual([...met].sort(), all);
});

/** An engine that was reachable for a minute when it stood still for another. */
function pausedAfterMinute() {
  let now = 0;
  const awake = new Awake(() => now);
  const life = { number: 1, isAlive: true };
  awake.reachable(true, life);
  now = 60_000;
  awake.froze(60_000, life, 1_060_000);
  const longest = (at: number, due: number) => awake.longest(life, at, due);
  return { awake, life, longest, pass: (ms: number) => void (now += ms) };
}

Deno.test("Awake counts from the end of a pause, but for what was decided or due before it", () => {
  const { awake, life, longest, pass } = pausedAfterMinute();
  assert.equal(awake.since(life), 120_000);
  pass(70_000);
  assert.equal(longest(1_130_000, 1_129_000), 10_000);
  assert.equal(longest(1_060_000, 1_059_000), 60_000, "decided before");
  assert.equal(longest(1_130_000, 1_059_000), 60_000, "due before");
  pass(100_000);
  assert.equal(longest(1_230_000, 1_059_000), 110_000);
  assert.equal(longest(1_060_000, 1_059_000), 60_000, "held up for long");
});

Deno.test("Awake: a broker that is gone breaks it, a short pause does not", () => {
  const { awake, life, longest, pass } = pausedAfterMinute();
  pass(70_000);
  awake.reachable(false, life, 1_130_000);
  awake.froze(20_000, life, 1_130_000);
  assert.equal(awake.since(life), Infinity);
  assert.equal(longest(1_140_000, 1_135_000), 0);
  assert.equal(longest(1_130_000, 1_129_000), 10_000, "decided before it was gone");
  pass(5_000);
  awake.reachable(true, life);
  assert.equal(awake.since(life), 150_000, "it stands still until then");
  pass(15_000);
  pass(5_000);
  awake.froze(15_000, life, 1_140_000);
  assert.equal(longest(1_145_000, 1_144_000), 5_000);
});
