/** Many upgrades, as a person would run them: nothing may be violated, and nothing may be left. */
import assert from "node:assert/strict";
import { ranWithin } from "../e2e/task.ts";

const UPGRADES = 20_000;
/** Far more than it takes: a run that hangs must end. */
const LONGEST_MS = 600_000;

Deno.test(`Simulation: ${UPGRADES} upgrades hold, and all of them end`, async () => {
  const args = ["--upgrades", `${UPGRADES}`, "--as-found", "--json"];
  const { code, said, complained } = await ranWithin(LONGEST_MS, "simulate", ...args);
  assert.equal(code, 0, said + complained);
  const { ok, violations, stuck, upgrades_ended, ended, faults } = JSON.parse(said);
  assert.deepEqual({ ok, violations, stuck }, { ok: true, violations: 0, stuck: [] });
  assert.ok(upgrades_ended >= UPGRADES);
  // Most of them succeed, whatever happens.
  assert.ok(ended.succeeded > upgrades_ended / 2, said);
  // Every fault happened: a rate that is never met shows nothing.
  const never = Object.entries(faults).filter(([, count]) => count === 0);
  assert.deepEqual(never, []);
});
