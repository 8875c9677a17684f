/** Runs of the simulator in tests. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { simulate } from "../../../core/simulation/mod.ts";
import type {
  SimulationOptions,
  SimulationPorts,
  SimulationResult,
} from "../../../core/simulation/mod.ts";
import { sha256 } from "./bench_engine.ts";

/** What a simulation needs from outside. */
export const ports: SimulationPorts = {
  sha256,
  rest: () => new Promise((resolve) => void setImmediate(resolve)),
};

/** Runs it; nothing may be violated and nothing may be left. */
export async function assertHolds(options: SimulationOptions): Promise<SimulationResult> {
  const result = await simulate(options, ports);
  const { seed, violation, stuck } = result;
  const { invariant, sentence, at = 0 } = violation ?? {};
  const hours = (at / 3_600_000).toFixed(2);
  assert.equal(
    violation && `${invariant} after ${hours} h: ${sentence}`,
    undefined,
    `seed ${seed}`,
  );
  assert.deepEqual(stuck, [], `seed ${seed}: these tasks never end`);
  return result;
}
