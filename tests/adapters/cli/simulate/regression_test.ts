import assert from "node:assert/strict";
import { commitOf } from "../../../../adapters/cli/simulate/commit.ts";
import { keepRegression } from "../../../../adapters/cli/simulate/regression.ts";
import { inFolder } from "../../../support/folder.ts";

const shrunk = {
  options: { seed: 7, devices: 1, hours: 1, upgrades: 1, only: ["order 1"] },
  violation: { invariant: "I4", sentence: "Task 7 succeeded twice.", at: 1 },
};

Deno.test("keepRegression() writes a test, and another one beside it", async () => {
  await inFolder(async (folder) => {
    const root = new URL(`file://${folder}/`);
    const first = await keepRegression(shrunk, "0123abc", root);
    const second = await keepRegression(shrunk, "0123abc", root);
    assert.match(first, /^tests\/core\/regressions\/[a-z0-9_]+_test\.ts$/);
    assert.equal(second, first.replace("_test.ts", "_2_test.ts"));
    for (const path of [first, second]) {
      assert.match(await Deno.readTextFile(new URL(path, root)), /0123abc/);
    }
  });
});

Deno.test("commitOf() does not know the commit of code without a history", async () => {
  await inFolder(async (folder) => {
    assert.equal(await commitOf(new URL(`file://${folder}/`)), "unknown commit");
  });
});
