/** Downloads in the simulation: files that are gone or wrong, and devices that take nothing. */
import assert from "node:assert/strict";
import { Catalogue } from "../../../core/simulation/catalogue.ts";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { drawFaults, faultsMax } from "../../../core/simulation/chance/faults.ts";
import type { Fault } from "../../../core/simulation/chance/faults.ts";
import { Random } from "../../../core/simulation/chance/random.ts";
import { Download } from "../../../core/simulation/front/download.ts";
import { Images } from "../../../core/simulation/front/images.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import type { Running } from "../../../core/simulation/running.ts";
import { Process } from "../../../core/simulation/machine/process.ts";
import { World } from "../../../core/simulation/world.ts";
import { ports } from "../support/simulation.ts";

const { sha256 } = ports;
const HOUR_MS = 3_600_000;
const noFaults = Object.fromEntries(
  Object.keys(faultsMax).map((fault) => [fault, 0]),
) as Record<Fault, number>;

function worldWith(only: readonly string[], seed = 1): World {
  const fate = new Fate(seed, drawFaults(seed, noFaults), only);
  const catalogue = new Catalogue(fate, sha256);
  return new World({ fate, sha256, catalogue, watch: {}, isBrokered: false });
}

Deno.test("Images: a file is gone or wrong for all who ask, for a while, and all is well after healing", () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 10; seed++) {
    for (const fault of ["imageGone", "wrongBytes"]) {
      const world = worldWith([`${fault} aa 2`], seed);
      const images = new Images(world);
      assert.equal(images.look("aa"), "right");
      const served = images.look("aa");
      seen.add(`${fault}: ${served}`);
      assert.equal(images.look("aa"), served);
      assert.equal(images.look("bb"), "right");
      world.timeline.now += HOUR_MS + 1;
      assert.equal(images.look("aa"), "right");
    }
  }
  assert.deepEqual([...seen].sort(), [
    "imageGone: missing",
    "imageGone: unreadable",
    "wrongBytes: wrong",
  ]);
  const healed = worldWith(["imageGone aa 1"]);
  const images = new Images(healed);
  assert.notEqual(images.look("aa"), "right");
  healed.fate.heal();
  assert.equal(images.look("aa"), "right");
});

Deno.test("Download: the server waits thirty seconds for a device that takes nothing", () => {
  for (const [backAfterMs, state] of [[29_000, "open"], [31_000, "stalled"]] as const) {
    const world = worldWith([]);
    const life = new Process({
      machine: world,
      number: 1,
      random: new Random(1),
      diesAt: Infinity,
      onDeath: () => {},
    });
    const engine = { now: () => world.now, heard: () => {} };
    const enter = (work: () => void) => life.after(0, work);
    let ends = 0;
    const running = { engine, life, enter } as unknown as Running;
    const download = new Download(running, "dev-1", 0, 1, true, () => void ends++);
    download.take(10);
    download.stall();
    world.after(backAfterMs, () => download.isOpen && download.take(10));
    while (world.timeline.step(Infinity));
    assert.equal(download.range.state, state);
    assert.equal(ends, state === "open" ? 0 : 1);
    assert.equal(download.range.sent, state === "open" ? 20 : 10);
  }
});

Deno.test("simulate() brings upgrades through missing files, wrong bytes and stalls", async () => {
  const met = { imageGone: 0, wrongBytes: 0, stall: 0 };
  const faults = { ...noFaults, imageGone: 300_000, wrongBytes: 100_000, stall: 300_000 };
  let succeeded = 0;
  for (const seed of [1, 2, 3, 4]) {
    const options = { seed, devices: 4, hours: 6, upgrades: 10, faults };
    const { counts, ended, stuck, violation } = await simulate(options, ports);
    assert.deepEqual([stuck, violation], [[], undefined], `seed ${seed}`);
    succeeded += ended.succeeded ?? 0;
    for (const fault of Object.keys(met) as (keyof typeof met)[]) {
      met[fault] += counts.get(fault) ?? 0;
    }
  }
  for (const [fault, count] of Object.entries(met)) assert.ok(count > 0, fault);
  assert.ok(succeeded > 0);
});
