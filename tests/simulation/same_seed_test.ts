import assert from "node:assert/strict";

const SEEDS = 200;

/** The heads of the logs of seeds 1 to {@link SEEDS}, as a process in that surrounding gets them. */
async function heads(flags: string, env: Record<string, string>): Promise<string[]> {
  const script = new URL("./heads.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-env",
      `--v8-flags=${flags}`,
      script,
      "1",
      `${SEEDS}`,
    ],
    env,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("Simulation: the same seed gives the same log, whatever the machine is like", async () => {
  const [here, there] = await Promise.all([
    heads("--hash-seed=1", { TZ: "UTC", LANG: "C" }),
    // Other orders of hash tables, another compiler, another place on earth.
    heads("--hash-seed=271828,--no-turbofan", { TZ: "Pacific/Auckland", LANG: "tr_TR.UTF-8" }),
  ]);
  assert.equal(here.length, SEEDS);
  assert.deepEqual(there, here);
  assert.equal(
    new Set(here.map((line) => line.split(" ")[2])).size,
    SEEDS,
    "each seed has its own log",
  );
});
