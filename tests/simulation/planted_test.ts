/**
 * Shows that the simulator can see: bugs are planted into copies of the engine, one by one, and each is
 * found within a bounded number of seeds. It stands outside of `tests/core`, as it needs a disk.
 */
import assert from "node:assert/strict";
import { edited } from "./planted/bug.ts";
import type { Bug } from "./planted/bug.ts";
import { bugs } from "./planted/bugs/mod.ts";
import { huntAll, huntFor } from "./planted/hunts.ts";
import { tableOf } from "./planted/table.ts";

/** A bug that so many seeds do not show is one that the simulator does not see. */
const SEEDS_MAX = 100;

Deno.test("simulate() finds each planted bug, and nothing where none is planted", async () => {
  const hunted = await huntAll(bugs, SEEDS_MAX);
  console.log(tableOf(hunted));
  const wrong = hunted.filter(({ bug, invariant }) => !bug.finds.includes(invariant!));
  assert.deepEqual(wrong.map(({ bug: { name }, sentence }) => `${name}: ${sentence}`), []);
  const control: Bug = { name: "nothing", edits: [], finds: [] };
  const { sentence } = await huntFor(control, Math.max(...hunted.map(({ seeds }) => seeds)));
  assert.equal(sentence, undefined);
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
