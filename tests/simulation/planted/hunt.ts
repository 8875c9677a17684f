/** A worker that runs seed after seed of one copy of the simulator until one of them shows something. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setImmediate } from "node:timers";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { FaultRates, simulate, SimulationResult } from "../../../core/simulation/mod.ts";

/** What a worker is told. */
export interface Hunt {
  /** Where the copy of `core/` is. */
  readonly folder: string;
  readonly faults: Partial<FaultRates>;
  /** It gives up after so many seeds. */
  readonly seedsMax: number;
}

/** What became of it. */
export interface Catch {
  /** How many seeds were run; the last of them showed it. */
  readonly seeds: number;
  /** The invariant that does not hold; `undefined`: nothing was found. */
  readonly invariant?: string;
  /** What was seen. */
  readonly sentence?: string;
}

/** Small runs: many fates show more than long ones. */
const SIZE = { devices: 6, hours: 3, upgrades: 15 };

const ports = {
  sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex"),
  rest: () => new Promise<void>((resolve) => void setImmediate(resolve)),
};

async function hunt({ folder, faults, seedsMax }: Hunt): Promise<Catch> {
  const copy = pathToFileURL(join(folder, "simulation/mod.ts")).href;
  const module: { simulate: typeof simulate } = await import(copy);
  for (let seed = 1; seed <= seedsMax; seed++) {
    const found = foundIn(await module.simulate({ seed, faults, ...SIZE }, ports));
    if (found) return { seeds: seed, ...found };
  }
  return { seeds: seedsMax };
}

function foundIn({ violation, stuck }: SimulationResult): Omit<Catch, "seeds"> | undefined {
  if (violation) return violation;
  return stuck.length > 0 ? { invariant: "L1", sentence: `${stuck[0]} never ends.` } : undefined;
}

if (parentPort) parentPort.postMessage(await hunt(workerData));
