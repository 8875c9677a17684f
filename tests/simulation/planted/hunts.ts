/** Hunts for bugs side by side, each in a worker of its own on a copy of its own. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { copyWith } from "../../support/edited_core.ts";
import type { Bug } from "./bug.ts";
import type { Catch, Hunt } from "./hunt.ts";

/** As many as a small machine has cores. */
const LANES = 2;
/** A bug may make a run endless: that is nothing found. */
const HUNT_MS_MAX = 60_000;

/** A bug and what became of the hunt for it. */
export interface Hunted extends Catch {
  readonly bug: Bug;
}

/** Hunts for each bug with at most so many seeds; in the order given. */
export async function huntAll(hunts: readonly (readonly [Bug, number])[]): Promise<Hunted[]> {
  const hunted: Hunted[] = [];
  const waiting = hunts.entries();
  const lane = async () => {
    for (const [place, [bug, seedsMax]] of waiting) hunted[place] = await huntFor(bug, seedsMax);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return hunted;
}

async function huntFor(bug: Bug, seedsMax: number): Promise<Hunted> {
  const folder = await Deno.makeTempDir({ prefix: "otalog-planted-" });
  try {
    await copyWith(bug, folder);
    return { bug, ...await run({ folder, faults: bug.faults ?? {}, seedsMax }) };
  } catch (error) {
    throw new Error(`The hunt for "${bug.name}" failed.`, { cause: error });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(hunt: Hunt): Promise<Catch> {
  const worker = new Worker(new URL("./hunt.ts", import.meta.url), {
    workerData: hunt,
  });
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), HUNT_MS_MAX);
  try {
    const [caught] = await once(worker, "message", { signal: tooLong.signal });
    return caught as Catch;
  } catch (error) {
    if (!tooLong.signal.aborted) throw error;
    return { seeds: hunt.seedsMax, sentence: "It does not end." };
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
