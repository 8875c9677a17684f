import assert from "node:assert/strict";
import { parseSimulate, runSimulate } from "../../../../adapters/cli/mod.ts";
import { lineOf } from "../../../../core/mod.ts";
import type { Outcome, SimulateParts } from "../../../../adapters/cli/mod.ts";
import { Paper } from "../paper.ts";

const violation = { invariant: "I4", sentence: "Task 7 succeeded twice.", at: 5_400_000 };

/** What comes of the n-th seed. */
type Story = (nth: number) => Partial<Outcome>;

/** Runs it over made-up seeds, and says what was seen and done. */
async function run(args: string, story: Story, parts: Partial<SimulateParts> = {}) {
  const paper = new Paper(false);
  const begun: number[] = [];
  const kept: unknown[] = [];
  const wrote: unknown[] = [];
  const isWell = await runSimulate(parseSimulate(args.split(" ")), paper, {
    newLines: () => (lines) => Promise.resolve(void wrote.push(...lines)),
    async *outcomes(assignments) {
      for (const { options } of assignments) {
        const nth = begun.push(options.seed);
        const none = { violation: undefined, counts: {}, rowCount: 2, rows: [], stuck: [], ms: 10 };
        yield await Promise.resolve({ options, ended: {}, ...none, ...story(nth) });
      }
    },
    shrink: (options) => Promise.resolve({ options: { ...options, only: ["order 1"] }, violation }),
    keep: (shrunk, commit) =>
      Promise.resolve(kept.push([shrunk, commit])).then(() => "kept_test.ts"),
    ...parts,
  });
  return { isWell, begun, kept, wrote, said: paper.text };
}

const ends: Story = () => ({ ended: { succeeded: 24, lost: 1 }, counts: { loss: 3, order: 25 } });

Deno.test("runSimulate() goes from seed to seed until enough upgrades have ended", async () => {
  const { isWell, begun, said } = await run("--seed 5 --upgrades 51 --json", ends);
  assert.deepEqual([isWell, begun], [true, [5, 6, 7]]);
  const { seeds, upgrades_ended, ended, rows, faults, simulated_ms } = JSON.parse(said);
  assert.deepEqual([seeds, upgrades_ended, rows, simulated_ms], [3, 75, 6, 30]);
  assert.deepEqual([ended.succeeded, ended.lost, ended.failed], [72, 3, 0]);
  assert.deepEqual([faults.loss, faults.delay, faults.order], [9, 0, undefined]);
});

Deno.test("runSimulate() tells of a violation, stops there, and keeps it as a test", async () => {
  const story: Story = (nth) => nth === 2 ? { violation, stuck: ["OTA_20260101_001"] } : ends(nth);
  const { isWell, begun, kept, said } = await run("--hours 3 --upgrades 90", story);
  assert.deepEqual([isWell, begun], [false, [1, 2]]);
  const options = { seed: 2, devices: 8, hours: 3, upgrades: 40 };
  const [[shrunk, commit]] = kept as [[unknown, string]];
  assert.deepEqual(shrunk, { options: { ...options, only: ["order 1"] }, violation });
  assert.match(said, /^Something does not hold\.\nseed +2\ncommit +\S.*\ninvariant +I4\n/);
  assert.ok(said.includes(`${commit}\n`), said);
  assert.match(said, /^what was seen +Task 7 succeeded twice\.\nafter +1\.5 simulated hours$/m);
  const again = "deno task simulate --seed 2 --devices 8 --hours 3 --upgrades 40";
  assert.ok(said.includes(`${again}\n`), said);
  assert.match(said, /^kept as +kept_test\.ts$/m);
  assert.match(said, /^seeds +2$/m);
  assert.match(said, /^violations +1\nstuck +0$/m);
});

Deno.test("runSimulate() goes on after a violation where it is to, and makes the first one small", async () => {
  const story: Story = (nth) => ({ ...ends(nth), ...(nth < 3 ? { violation } : {}) });
  const { isWell, begun, kept, said } = await run("--upgrades 75 --keep-going", story);
  assert.deepEqual([isWell, begun], [false, [1, 2, 3]]);
  assert.deepEqual(said.match(/^seed +\d$/gm)?.map((line) => line.at(-1)), ["1", "2"]);
  assert.match(said, /^violations +2$/m);
  const [[{ options }]] = kept as [[{ options: { seed: number } }]];
  assert.deepEqual([kept.length, options.seed], [1, 1]);
  const { said: json } = await run("--upgrades 75 --keep-going --json", story);
  const { violations, violation: first, others } = JSON.parse(json);
  assert.deepEqual([violations, first.seed, others.length, others[0].seed], [2, 1, 1, 2]);
});

Deno.test("runSimulate() tells a program of a violation in its one object", async () => {
  const { said } = await run("--json", () => ({ violation }));
  const { ok, violations, violation: told } = JSON.parse(said);
  assert.deepEqual([ok, violations, told.seed, told.invariant], [false, 1, 1, "I4"]);
  assert.deepEqual([told.sentence, told.at_ms], [violation.sentence, violation.at]);
  assert.equal(told.test, "kept_test.ts");
});

Deno.test("runSimulate() says so when a violation does not come again", async () => {
  const shrink = () => Promise.resolve(undefined);
  const { kept, said } = await run("--upgrades 9", () => ({ violation }), { shrink });
  assert.deepEqual(kept, []);
  assert.match(said, /^It did not come again: /m);
});

Deno.test("runSimulate() names tasks that never ended, and goes on", async () => {
  const story: Story = (nth) => ({ ...ends(nth), stuck: nth === 1 ? ["OTA_20260101_003"] : [] });
  const { isWell, begun, said } = await run("--upgrades 50", story);
  assert.deepEqual([isWell, begun], [false, [1, 2]]);
  assert.match(said, /^Not every upgrade ended: OTA_20260101_003 of seed 1\n/);
  assert.match(said, /^stuck +1$/m);
});

Deno.test("runSimulate() gives up when orders lead to nothing", async () => {
  await assert.rejects(
    run("--upgrades 50", () => ({})),
    /^Error: In 8 seeds 0 upgrades ended, not 50: .* Give more --hours or more --devices\.$/,
  );
});

Deno.test("runSimulate() exports the rows of its one seed", async () => {
  const texts = { bytes: "", data: "", salt: "", hash: "", personal: null };
  const row = { seq: 1, stream: "engine", version: 1, ...texts };
  const story: Story = () => ({ rows: [row] });
  const { begun, wrote, said } = await run("--seed 9 --export log.jsonl", story);
  assert.deepEqual([begun, wrote], [[9], [lineOf(row)]]);
  assert.match(said, /^log +log\.jsonl$/m);
});
