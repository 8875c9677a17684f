/**
 * `deno task bench`: how fast, how large, how soon. Every figure is measured several times beside
 * something it can be compared with, since absolute figures of one machine say little about another.
 */
import { complain, HelpWanted, paint, stdoutScreen, UsageError } from "../../adapters/cli/mod.ts";
import type { Screen } from "../../adapters/cli/mod.ts";
import { parseCommand, text, toggle } from "../../adapters/cli/args.ts";
import { broker } from "./broker.ts";
import { core } from "./core.ts";
import { deviceMemory } from "./device_memory.ts";
import { downloads } from "./downloads.ts";
import { evidence } from "./evidence.ts";
import { facts } from "./facts.ts";
import type { Measurement } from "./figures.ts";
import { imageMemory } from "./image_memory.ts";
import { latency } from "./latency.ts";
import { logSize } from "./log_size.ts";
import { lossyCrowd } from "./lossy_crowd.ts";
import { networks } from "./networks.ts";
import { identicalRuns, noiseOf } from "./noise.ts";
import { offload } from "./offload.ts";
import { measuredText, toJson } from "./report.ts";
import type { Measured } from "./report.ts";
import { pathOf } from "../support/program.ts";
import { slowReadersMemory } from "./slow_readers.ts";
import { comingAtOnce } from "./stampede.ts";
import { startup } from "./startup.ts";

/** All of them, in the order they are made. */
export const measurements: readonly Measurement[] = [
  core,
  facts,
  evidence,
  broker,
  latency,
  startup,
  deviceMemory,
  imageMemory,
  downloads,
  offload,
  slowReadersMemory,
  comingAtOnce,
  networks,
  lossyCrowd,
  logSize,
];

const command = {
  name: "bench",
  summary: "Measure latency, throughput, memory and start-up; some minutes, on Linux.",
  notes: [
    "Each figure is the median of its runs, with the least and the greatest beside it. Ratios count:",
    "absolute figures are of this machine, and of this hour. There are:",
    ...measurements.map(({ name, summary }) => `  ${name.padEnd(15)}${summary}`),
  ],
  flags: {
    only: text("NAME", "Make this measurement alone"),
    quick: toggle("Small numbers: to see that it works, not what it can do"),
    json: toggle("Print every run as JSON"),
  },
};

/** What `bench` is told. */
export interface BenchOptions {
  readonly chosen: readonly Measurement[];
  readonly isQuick: boolean;
  readonly json: boolean;
}

/** Which measurements are meant. @throws {UsageError} for one that there is not. */
export function parseBench(args: string[]): BenchOptions {
  const { only, quick, json } = parseCommand(command, args);
  const chosen = measurements.filter(({ name, isLong }) =>
    only === undefined ? !(quick && isLong) : name === only
  );
  if (chosen.length > 0) return { chosen, isQuick: quick, json };
  const names = measurements.map(({ name }) => name).join(", ");
  throw new UsageError(`--only must be one of ${names}, not "${only}".`);
}

async function run(args: string[], screen: Screen): Promise<void> {
  const { chosen, isQuick, json } = parseBench(args);
  const done: Measured[] = [];
  for (const measurement of chosen) {
    if (!await isPossible(measurement)) {
      const programs = measurement.needs?.join(" and ");
      complain(`${measurement.name} is left out: install ${programs} to measure it.`);
      continue;
    }
    const measured = await measure(measurement, isQuick, screen);
    done.push(measured);
    if (!json) screen.write(measuredText(screen, measurement, measured));
  }
  if (json) screen.write(`${toJson(done)}\n`);
}

/** Whether the programs are there that the measurement needs. */
export async function isPossible({ needs = [] }: Measurement): Promise<boolean> {
  const paths = await Promise.all(needs.map(pathOf));
  return !paths.includes(undefined);
}

/** How often each figure is measured. */
const RUNS = { quick: 2, full: 3 };
/** How often the job that shows the noise is done before a measurement, and again after it. */
const NOISE_RUNS = { quick: 1, full: 5 };

/** Makes a measurement in a folder of its own; the same fixed job before and after shows the noise. */
async function measure(
  { name, run }: Measurement,
  isQuick: boolean,
  screen: Screen,
): Promise<Measured> {
  const folder = await Deno.makeTempDir({ prefix: "otalog-bench-" });
  const say = (what: string) => {
    if (screen.isTerminal) screen.write(`\r\x1b[2K${paint(screen, "dim", `${name}: ${what} …`)}`);
  };
  const started = performance.now();
  try {
    const runs = isQuick ? RUNS.quick : RUNS.full;
    const noiseRuns = isQuick ? NOISE_RUNS.quick : NOISE_RUNS.full;
    const before = identicalRuns(noiseRuns);
    const figures = await run({ isQuick, runs, folder, say });
    const noise = noiseOf([...before, ...identicalRuns(noiseRuns)]);
    return { name, figures, noise, seconds: (performance.now() - started) / 1000 };
  } finally {
    if (screen.isTerminal) screen.write("\r\x1b[2K");
    await Deno.remove(folder, { recursive: true });
  }
}

async function main(args: string[]): Promise<number> {
  const screen = stdoutScreen();
  try {
    await run(args, screen);
    return 0;
  } catch (error) {
    if (error instanceof HelpWanted) return screen.write(`${error.message}\n`), 0;
    const { message, stack } = error as Error;
    complain(args.includes("--verbose") ? stack ?? message : message);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
