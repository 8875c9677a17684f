/** What `simulate` does about a violation: the run becomes small, and a test that shows it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assertHolds, ports } from "../core/support/simulation.ts";
import { copyWith } from "../support/edited_core.ts";
import { inFolder } from "../support/folder.ts";
import { isSame } from "../../core/simulation/shrink.ts";
import { bugs } from "./planted/bugs/mod.ts";
import type * as simulation from "../../core/simulation/mod.ts";

const options = { seed: 4, devices: 4, hours: 3, upgrades: 20 };

Deno.test("shrink() leaves what is needed: it violates the same, and nothing without the bug", async () => {
  await inFolder(async (folder) => {
    const bug = bugs.find(({ name }) => name === "a repeated report is applied again")!;
    await copyWith(bug, folder);
    const copy: typeof simulation = await import(
      pathToFileURL(join(folder, "simulation/mod.ts")).href
    );
    const first = await copy.simulate(options, ports);
    const left: number[] = [];
    const shrunk = await copy.shrink(options, ports, (count) => void left.push(count));
    assert.ok(first.violation && shrunk);
    const { only = [] } = shrunk.options;
    assert.ok(only.length * 10 < first.incidents.length, `${only.length} incidents are left`);
    assert.ok(only.every((name) => first.incidents.includes(name)));
    assert.equal(left.at(-1), only.length);

    const again = await copy.simulate(shrunk.options, ports);
    assert.deepEqual(again.violation, shrunk.violation);
    assert.equal(again.violation?.invariant, first.violation.invariant);
    for (const incident of only) {
      const without = { ...shrunk.options, only: only.filter((name) => name !== incident) };
      const { violation } = await copy.simulate(without, ports);
      // Another violation of the same invariant would not be what was seen.
      const isNeeded: boolean = !violation || !isSame(first.violation, violation);
      assert.ok(isNeeded, `${incident} is not needed`);
    }
    await assertHolds(shrunk.options);
    await assertIsTest(copy.regressionTest(shrunk, "0123abc"), copy.regressionName(shrunk));
  });
});

Deno.test("shrink() stays with what was seen first, whoever it happens to", () => {
  const seen = (invariant: string, sentence: string) => ({ invariant, sentence, at: 0 });
  const first = seen("I5", "dev-5 is stored as 6.0.0, the rows say 5.0.0");
  assert.ok(
    isSame(first, { ...seen("I5", "dev-12 is stored as 7.0.0, the rows say 11.0.0"), at: 9 }),
  );
  assert.ok(!isSame(first, seen("I5", "dev-5 is stored as null, the rows say 5.0.0")));
  assert.ok(!isSame(first, seen("I7", first.sentence)));
});

Deno.test("shrink() makes nothing of a run that violates nothing", async () => {
  const { shrink } = await import("../../core/simulation/mod.ts");
  assert.equal(await shrink({ ...options, upgrades: 3, hours: 1 }, ports), undefined);
});

/** It is formatted, and passes where the bug is not. */
async function assertIsTest(text: string, name: string): Promise<void> {
  const root = new URL("../../", import.meta.url);
  const support = new URL("tests/core/support/simulation.ts", root).href;
  await inFolder(async (folder) => {
    const file = join(folder, name);
    await Deno.writeTextFile(file, text.replace("../support/simulation.ts", support));
    const deno = async (...args: string[]) => {
      const options = { args, cwd: root, env: { NO_COLOR: "1" } };
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.equal(code, 0, said);
      return said;
    };
    await deno("fmt", "--check", "--line-width", "100", file);
    assert.match(await deno("test", "--no-check", "--config", "deno.json", file), /1 passed/);
  });
}
