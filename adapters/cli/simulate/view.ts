/** What a person sees of simulations, and what a program reads. */
import type { Screen } from "../terminal.ts";
import { paint, shareText, table } from "../terminal.ts";
import { onceMore } from "./options.ts";
import type { SimulateOptions } from "./options.ts";
import type { Tally, ViolatedSeed } from "./tally.ts";

/** Something that does not hold, and where to find it again. */
export interface Finding extends ViolatedSeed {
  readonly commit: string;
}

/** Everything that is said in the end. */
export interface Result {
  readonly options: SimulateOptions;
  readonly tally: Tally;
  readonly seconds: number;
  readonly findings: readonly Finding[];
  /** The test that was written for the first of them. */
  readonly test: string | undefined;
}

const HOUR_MS = 3_600_000;
/** Tasks that are named; the others are counted. */
const SHOWN_MAX = 10;

/** The line that is drawn again and again. */
export function progressText({ endedInAll, seeds }: Tally, { upgrades }: SimulateOptions): string {
  const figures = `${endedInAll} of ${upgrades} upgrades ended, ${seedsText(seeds)}`;
  return `${shareText(endedInAll / upgrades)}  ${figures}`;
}

/** What does not hold. */
export function findingText(screen: Screen, { options, violation, commit }: Finding): string {
  const { invariant, sentence, at } = violation;
  const rows = [
    ["seed", `${options.seed}`],
    ["commit", commit],
    ["invariant", invariant],
    ["what was seen", sentence],
    ["after", `${hours(at)} simulated hours`],
    ["once more", onceMore(options)],
  ];
  return `${paint(screen, "red", "Something does not hold.")}\n${table(rows)}\n`;
}

/** Where it is kept; without a test, it did not come again. */
export function testText(test: string | undefined): string {
  return test === undefined
    ? "It did not come again: the same seed must do the same, so this is a fault of the simulator.\n"
    : `${table([["kept as", test]])}\n`;
}

/** The figures. */
export function resultText(screen: Screen, { options, tally, seconds }: Result): string {
  const { violations, stuck, endedInAll } = tally;
  const { perSecond, hoursPerSecond } = ratesOf(tally, seconds);
  const figures = [
    ["seeds", `${tally.seeds}`],
    ["upgrades ended", `${endedInAll}`],
    ...Object.entries(tally.ended).map(([state, count]) => [`  ${state}`, `${count}`]),
    ["rows", `${tally.rows}`],
    ["violations", `${violations.length}`],
    ["stuck", `${stuck.length}`],
    ["upgrades in a second", `${perSecond}`],
    ["simulated hours in a second", `${hoursPerSecond}`],
    ...(options.export === undefined ? [] : [["log", options.export]]),
  ];
  const faults = Object.entries(tally.faults).map(([fault, count]) => [`  ${fault}`, `${count}`]);
  return `${headline(screen, tally)}${aligned([...figures, ["faults"], ...faults])}\n`;
}

/** The same for a program. */
export function resultJson({ options, tally, seconds, findings, test }: Result): object {
  const { seed, devices, hours: hoursEach } = options;
  const [first, ...others] = findings;
  const { perSecond, hoursPerSecond } = ratesOf(tally, seconds);
  return {
    ok: tally.isWell,
    seed,
    devices,
    hours: hoursEach,
    seeds: tally.seeds,
    upgrades_ended: tally.endedInAll,
    ended: tally.ended,
    rows: tally.rows,
    violations: tally.violations.length,
    stuck: tally.stuck,
    simulated_ms: tally.ms,
    rate: { seconds, upgrades_per_s: perSecond, hours_per_s: hoursPerSecond },
    faults: tally.faults,
    ...(first && { violation: violationJson(first, test) }),
    ...(others.length > 0 && { others: others.map((finding) => violationJson(finding)) }),
  };
}

function violationJson({ options, violation, commit }: Finding, test?: string): object {
  const { invariant, sentence, at: at_ms } = violation;
  return { seed: options.seed, commit, invariant, sentence, at_ms, again: onceMore(options), test };
}

function headline(screen: Screen, { violations, stuck, isWell }: Tally): string {
  if (isWell) return `${paint(screen, "green", "Everything held, and every upgrade ended.")}\n`;
  if (violations.length > 0) return "\n";
  const named = stuck.slice(0, SHOWN_MAX).map(({ seed, task }) => `${task} of seed ${seed}`);
  if (stuck.length > SHOWN_MAX) named.push(`${stuck.length - SHOWN_MAX} more`);
  return `${paint(screen, "red", "Not every upgrade ended:")} ${named.join(", ")}\n`;
}

/** Names to the left, numbers to the right, as they are to be compared. */
function aligned(rows: readonly (readonly string[])[]): string {
  const isNumber = (cell: string | undefined) => cell !== undefined && /^[\d.]+$/.test(cell);
  const numbers = rows.flatMap(([, cell]) => isNumber(cell) ? [cell!.length] : []);
  const width = Math.max(...numbers);
  return table(rows.map((row) => row.map((cell) => isNumber(cell) ? cell.padStart(width) : cell)));
}

function ratesOf({ endedInAll, ms }: Tally, seconds: number) {
  return {
    perSecond: Math.round(endedInAll / seconds),
    hoursPerSecond: Math.round(ms / HOUR_MS / seconds),
  };
}

function hours(ms: number): string {
  return (ms / HOUR_MS).toFixed(1);
}

function seedsText(seeds: number): string {
  return seeds === 1 ? "1 seed" : `${seeds} seeds`;
}
