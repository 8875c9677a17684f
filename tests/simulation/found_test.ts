/**
 * What a person gets from `deno task simulate` when the engine has a bug: a copy of the whole project with
 * one finds it, makes it small and keeps a test, which fails there and passes here.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { copyWith } from "../support/edited_core.ts";
import { inFolder } from "../support/folder.ts";
import { ROOT } from "../e2e/task.ts";
import { bugs } from "./planted/bugs/mod.ts";

const BUG = "a repeated report is applied again";
const PARTS = [
  "adapters",
  "commands",
  "firmware",
  "main.ts",
  "deno.json",
  "deno.lock",
  "tests/core/support",
  "tests/support",
];

Deno.test("simulate finds a bug, makes it small and keeps it as a test that fails until it is mended", async () => {
  await inFolder(async (folder) => {
    await copyWith(bugs.find(({ name }) => name === BUG)!, join(folder, "core"));
    for (const part of PARTS) {
      await cp(new URL(part, ROOT), join(folder, part), { recursive: true });
    }

    const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    const [, ...words] = tasks.simulate.command.split(" ");
    const small = ["--hours", "3", "--devices", "4", "--upgrades", "100"];
    const found = await deno(folder, ...words, ...small);
    assert.equal(found.code, 1, found.said);
    const seed = /^seed +(\d+)$/m.exec(found.said)?.[1];
    assert.match(found.said, /^Something does not hold\.\nseed +\d+\ncommit +unknown commit\n/);
    assert.match(found.said, new RegExp(`^once more +deno task simulate --seed ${seed} `, "m"));
    const kept = /^kept as +(tests\/core\/regressions\/i\d+_seed_\d+_test\.ts)$/m.exec(found.said)
      ?.[1];
    assert.ok(kept, found.said);

    const there = await deno(folder, "test", "--no-check", kept);
    assert.deepEqual([there.code, / seed \d+/.exec(there.said)?.[0]], [1, ` seed ${seed}`]);
    // Mended: the same test beside the code as it is.
    await Deno.remove(join(folder, "core"), { recursive: true });
    await cp(new URL("core", ROOT), join(folder, "core"), { recursive: true });
    const mended = await deno(folder, "test", "--no-check", kept);
    assert.equal(mended.code, 0, mended.said);
    assert.match(mended.said, /1 passed/);
  });
});

async function deno(cwd: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const how = { args, cwd, env: { NO_COLOR: "1" } };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), how).output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout) + text.decode(stderr) };
}
