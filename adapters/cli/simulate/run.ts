/** `deno task simulate`: seeds are simulated until enough upgrades have ended, or something is wrong. */
import { lineOf } from "../../../core/mod.ts";
import { shrink } from "../../../core/simulation/mod.ts";
import type { Screen } from "../terminal.ts";
import { commitOf } from "./commit.ts";
import { outcomesOf } from "./crew.ts";
import { seedsOf } from "./options.ts";
import type { SimulateOptions } from "./options.ts";
import type { Assignment, Outcome } from "./outcome.ts";
import { machinePorts } from "./ports.ts";
import { keepRegression } from "./regression.ts";
import { Tally } from "./tally.ts";
import type { ViolatedSeed } from "./tally.ts";
import { findingText, progressText, resultJson, resultText, testText } from "./view.ts";
import type { Finding } from "./view.ts";

/** What others do for it; tests put something else in the place of the last three. */
export interface SimulateParts {
  /** Looks whether lines may be written there, and writes it then. */
  readonly newLines: (path: string, flag: string) => (lines: Iterable<string>) => Promise<void>;
  /** Simulates the seeds, in their order. */
  readonly outcomes?: (seeds: Iterable<Assignment>, jobs: number) => AsyncIterable<Outcome>;
  /** Makes a violation small. */
  readonly shrink?: typeof shrink;
  /** Keeps it as a test; the path of the file. */
  readonly keep?: typeof keepRegression;
}

const CLEAR_LINE = "\r\x1b[2K";

/** Simulates and reports; true when everything held, and ended. @throws {Error} when it cannot. */
export async function runSimulate(
  options: SimulateOptions,
  screen: Screen,
  parts: SimulateParts,
): Promise<boolean> {
  const { export: file } = options;
  const write = file === undefined ? undefined : parts.newLines(file, "--export");
  const line = lineOn(screen, options);
  const begunAt = performance.now();
  const tally = new Tally();
  const findings: Finding[] = [];
  const { outcomes = outcomesOf } = parts;
  try {
    for await (const outcome of outcomes(assignmentsOf(options), options.jobs)) {
      tally.add(outcome);
      if (tally.violations.length > findings.length) {
        line.clear();
        findings.push(await tell(tally.violations.at(-1)!, options, screen));
      }
      await write?.(outcome.rows.map(lineOf));
      line.draw(progressText(tally, options));
      const isOver = tally.violations.length > 0 && !options["keep-going"];
      if (isOver || tally.endedInAll >= options.upgrades) break;
    }
  } finally {
    line.clear();
  }
  assertEnough(tally, options);
  const seconds = (performance.now() - begunAt) / 1_000;
  const [first] = findings;
  const test = first && !options["as-found"] && await keepSmall(first, options, screen, parts);
  const result = { options, tally, seconds, findings, test: test || undefined };
  screen.write(
    options.json ? `${JSON.stringify(resultJson(result))}\n` : resultText(screen, result),
  );
  return tally.isWell;
}

function* assignmentsOf(options: SimulateOptions): Iterable<Assignment> {
  const wantsRows = options.export !== undefined;
  for (const seed of seedsOf(options)) yield { options: seed, wantsRows };
}

/** Tells of a violation at once: much may still come, and to make it small takes its time. */
async function tell(
  violated: ViolatedSeed,
  { json }: SimulateOptions,
  screen: Screen,
): Promise<Finding> {
  const finding = { ...violated, commit: await commitOf() };
  if (!json) screen.write(findingText(screen, finding));
  return finding;
}

/** Makes it small and keeps it as a test; the path of that. */
async function keepSmall(
  { options: seed, commit }: Finding,
  options: SimulateOptions,
  screen: Screen,
  parts: SimulateParts,
): Promise<string | undefined> {
  const { shrink: makeSmall = shrink, keep = keepRegression } = parts;
  const line = lineOn(screen, options);
  const shrunk = await makeSmall(seed, machinePorts, (left, runs) => {
    line.draw(`made small in ${runs} runs: ${left} incidents are left`);
  }).finally(() => line.clear());
  const test = shrunk && await keep(shrunk, commit);
  if (!options.json) screen.write(testText(test));
  return test;
}

/** @throws {Error} when the seeds that there are led to too little. */
function assertEnough(tally: Tally, { upgrades, export: file }: SimulateOptions): void {
  if (file !== undefined || !tally.isWell || tally.endedInAll >= upgrades) return;
  throw new Error(
    `In ${tally.seeds} seeds ${tally.endedInAll} upgrades ended, not ${upgrades}: ` +
      "most orders led to none. Give more --hours or more --devices.",
  );
}

/** A line that is drawn again and again, for a person who looks at it. */
function lineOn(screen: Screen, { json }: SimulateOptions) {
  const write = (text: string) => screen.isTerminal && !json && screen.write(text);
  return {
    draw: (text: string) => void write(`${CLEAR_LINE}${text}`),
    clear: () => void write(CLEAR_LINE),
  };
}
