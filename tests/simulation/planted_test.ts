/**
 * Shows that the simulator can see: bugs are planted into copies of the engine, one by one, and each is
 * found within a bounded number of seeds. It stands outside of `tests/core`, as it needs a disk.
 */
import assert from "node:assert/strict";
import { edited } from "../support/edited_core.ts";
import type { Bug } from "./planted/bug.ts";
import { bugs } from "./planted/bugs/mod.ts";
import { huntAll } from "./planted/hunts.ts";
import type { Hunted } from "./planted/hunts.ts";
import { tableOf } from "./planted/table.ts";

/** A bug that so many seeds do not show is one that the simulator does not see. */
const SEEDS_MAX = 60;
/** All of them take minutes: with every change each third is hunted, by `deno task planted` all. */
const isAll = Deno.env.get("PLANTED") === "all";
const chosen = bugs.filter((_, nth) => isAll || nth % 3 === 0);

Deno.test("simulate() finds each planted bug, and nothing where none is planted", async () => {
  const hunted = await huntAll(chosen.map((bug) => [bug, SEEDS_MAX]));
  console.log(tableOf(hunted));
  const wrong = hunted.filter(({ bug, invariant }) => !bug.finds.includes(invariant!));
  assert.deepEqual(wrong.map(({ bug: { name }, sentence }) => `${name}: ${sentence}`), []);
  const controls = await huntAll(controlsOf(hunted));
  assert.deepEqual(controls.filter(({ sentence }) => sentence !== undefined), []);
});

Deno.test("edited() says which bug cannot be planted when its text is not there once", () => {
  const edit = { file: "a/b.ts", find: "a", replace: "$&" };
  assert.equal(edited("cab", edit, "a bug"), "c$&b");
  for (const text of ["", "aa"]) {
    const message =
      `Cannot plant "a bug": core/a/b.ts has its text ${text.length} times, not once. ` +
      "Change the edit along with the code.";
    assert.throws(() => edited(text, edit, "a bug"), { message });
  }
});

/** The same seeds with the same faults and no bug. */
function controlsOf(hunted: readonly Hunted[]): (readonly [Bug, number])[] {
  const seedsMax = new Map<string, number>();
  for (const { bug, seeds } of hunted) {
    const faults = JSON.stringify(bug.faults ?? {});
    seedsMax.set(faults, Math.max(seeds, seedsMax.get(faults) ?? 0));
  }
  return [...seedsMax].map(([faults, seeds]) =>
    [
      { name: `nothing, ${faults}`, edits: [], finds: [], faults: JSON.parse(faults) },
      seeds,
    ] as const
  );
}
