/** `deno task simulate` as a person runs it, with the permissions it has in `deno.json`. */
import assert from "node:assert/strict";
import { faultsMax } from "../../core/simulation/mod.ts";
import { inFolder } from "../support/folder.ts";
import { soon } from "./house.ts";
import { ran, spawned } from "./task.ts";

const SMALL = ["--hours", "2", "--devices", "4", "--upgrades", "100"];

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

/** Resolves when the process has a worker, where the system tells. */
async function atWork(pid: number): Promise<void> {
  if (Deno.build.os !== "linux") return;
  const names = () =>
    [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
      Deno.readTextFileSync(`/proc/${pid}/task/${name}/comm`)
    );
  while (!names().some((name) => name.startsWith("worker-"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("simulate: the figures add up, and are the same however many workers there are", async () => {
  const [one, two] = [
    await ran("simulate", ...SMALL, "--seed", "7", "--jobs", "1", "--json"),
    await ran("simulate", ...SMALL, "--seed", "7", "--jobs", "2", "--json"),
  ];
  assert.equal(one.code, 0, one.said + one.complained);
  const { rate, ...figures } = JSON.parse(one.said);
  const { rate: _, ...same } = JSON.parse(two.said);
  assert.deepEqual(same, figures);

  const { ok, seed, seeds, upgrades_ended, ended, stuck, violations, faults } = figures;
  assert.deepEqual({ ok, seed, stuck, violations }, {
    ok: true,
    seed: 7,
    stuck: [],
    violations: 0,
  });
  assert.equal(sum(ended), upgrades_ended);
  assert.ok(upgrades_ended >= 100 && seeds >= 3, one.said);
  assert.ok(figures.rows > upgrades_ended && figures.simulated_ms >= seeds * 2 * 3_600_000);
  assert.deepEqual(Object.keys(faults), Object.keys(faultsMax));
  assert.ok(sum(faults) > 0);
  assert.ok(rate.seconds > 0 && rate.upgrades_per_s > 0);
});

Deno.test("simulate: a person sees the same as a table, without colours when not on a terminal", async () => {
  const { code, said, complained } = await ran("simulate", "--upgrades", "5", "--hours", "1");
  assert.equal(code, 0, said + complained);
  const lines = said.split("\n");
  assert.equal(lines[0], "Everything held, and every upgrade ended.");
  for (const name of ["seeds", "rows", "upgrades in a second", ...Object.keys(faultsMax)]) {
    assert.match(said, new RegExp(`^ *${name} +\\d+$`, "m"));
  }
  assert.match(said, /^violations +0\nstuck +0$/m);
  assert.ok(!said.includes("\x1b"));
});

Deno.test("simulate --export writes the log of one seed, and nothing over what is there", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/seed.jsonl`;
    const first = await ran("simulate", "--seed", "3", "--hours", "2", "--export", file, "--json");
    assert.equal(first.code, 0, first.said + first.complained);
    const { seeds, rows } = JSON.parse(first.said);
    const lines = (await Deno.readTextFile(file)).split("\n");
    assert.deepEqual([seeds, lines.length, lines.at(-1)], [1, rows + 1, ""]);
    for (const line of lines.slice(0, -1)) {
      const names = Object.keys(JSON.parse(line)).filter((name) => name !== "personal");
      assert.deepEqual(names, ["bytes", "data", "salt", "hash"]);
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["seed.jsonl"]);

    const again = await ran("simulate", "--seed", "4", "--export", file);
    assert.deepEqual(again, {
      code: 1,
      said: "",
      complained: `Cannot use ${file}: something is there already. ` +
        "Remove it first, or choose another file with --export.",
    });
    const lost = await ran("simulate", "--export", `${folder}/none/seed.jsonl`);
    assert.match(lost.complained, /none\/seed\.jsonl: its folder does not exist\. Choose another/);
  });
});

Deno.test("simulate ends at once on SIGINT", async () => {
  const child = spawned("simulate", "--upgrades", "100000000");
  await soon(atWork(child.pid), "a worker");
  child.kill("SIGINT");
  const { signal } = await soon(child.status, "the end of simulate");
  assert.equal(signal, "SIGINT");
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
});

Deno.test("simulate says in one sentence which flag is wrong", async () => {
  const table: [args: string[], sentence: RegExp][] = [
    [["--seed", "x"], /^--seed must be a whole number from 0 to 1000000000, not "x"\.$/],
    [["--jobs", "0"], /^--jobs must be a whole number from 1 to 256, not "0"\.$/],
    [
      ["--export", "x", "--upgrades", "41"],
      /^--export writes the log of one seed, and 41 upgrades/,
    ],
  ];
  for (const [args, sentence] of table) {
    const { code, said, complained } = await ran("simulate", ...args);
    assert.deepEqual([code, said], [2, ""]);
    assert.match(complained, sentence);
  }
});
