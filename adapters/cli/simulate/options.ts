/** What `deno task simulate` is told, and what it makes of that: simulations, one for each seed. */
import type { SimulationOptions } from "../../../core/simulation/mod.ts";
import { count, parseCommand, text, toggle, UsageError } from "../args.ts";
import { jobs, jobsDefault } from "../workers/jobs.ts";

/** Upgrades that are ordered in each seed: enough to get into each other's way. */
export const UPGRADES_PER_SEED = 40;
const UPGRADES_DEFAULT = 1_000;
/** Of orders that go wrong as they may, far more than one in four still leads to a task. */
const SEEDS_MAX_FACTOR = 4;

/** The command. */
export const simulate = {
  name: "simulate",
  summary:
    "Try to break the engine in simulated time: each seed is another fleet, and other faults.",
  notes: [
    `In each seed ${UPGRADES_PER_SEED} upgrades are ordered; seeds follow one another until enough have ended. The same`,
    "seed does the same again, whatever --jobs says. Exit code 0: everything held and every upgrade",
    "ended; 1: something did not hold, or did not end; 2: a wrong flag.",
  ],
  flags: {
    seed: count("The first seed", 1, 0, 1_000_000_000),
    devices: count("Devices in each seed", 8, 1, 1_000),
    hours: count("Simulated hours in which everything may go wrong", 4, 1, 10_000),
    upgrades: count(
      `How many upgrades are to end in all [${UPGRADES_DEFAULT}]`,
      undefined,
      1,
      100_000_000,
    ),
    jobs: jobs("Seeds that are simulated at once"),
    export: text("FILE", "Write the log of one seed there, and simulate no other"),
    "as-found": toggle("Neither make a violation small nor keep it as a test"),
    "keep-going": toggle("Go on after a violation, to see whether there are others"),
    json: toggle("Print the result as JSON"),
  },
};

/** What `simulate` is told. */
export interface SimulateOptions {
  readonly seed: number;
  readonly devices: number;
  readonly hours: number;
  /** Upgrades that are to end in all. */
  readonly upgrades: number;
  readonly jobs: number;
  /** Where the log of the only seed goes. */
  readonly export: string | undefined;
  /** A violation is told of, and nothing more is done about it. */
  readonly "as-found": boolean;
  /** What comes after a violation is simulated as well. */
  readonly "keep-going": boolean;
  readonly json: boolean;
}

/** @throws {UsageError} */
export function parseSimulate(args: string[]): SimulateOptions {
  const given = parseCommand(simulate, args);
  const { export: file, upgrades = file === undefined ? UPGRADES_DEFAULT : UPGRADES_PER_SEED } =
    given;
  if (file !== undefined && upgrades > UPGRADES_PER_SEED) {
    throw new UsageError(
      `--export writes the log of one seed, and ${upgrades} upgrades take more than one. ` +
        "Leave out --upgrades.",
    );
  }
  return { ...given, upgrades, jobs: given.jobs ?? jobsDefault() };
}

/** One simulation for each seed, in order; more than are needed, unless orders lead to nothing. */
export function* seedsOf(
  { seed: first, devices, hours, upgrades: all, export: file }: SimulateOptions,
): Iterable<SimulationOptions> {
  const upgrades = Math.min(all, UPGRADES_PER_SEED);
  const seeds = file === undefined ? SEEDS_MAX_FACTOR * Math.ceil(all / upgrades) : 1;
  for (let seed = first; seed < first + seeds; seed++) yield { seed, devices, hours, upgrades };
}

/** The command that simulates the seed alone once more. */
export function onceMore({ seed, devices, hours, upgrades }: SimulationOptions): string {
  return `deno task simulate --seed ${seed} --devices ${devices} --hours ${hours} --upgrades ${upgrades}`;
}
