/** `deno task replay`: decides a log again and says whether everything came out the same. */
import { isDivergence, Replay } from "../../core/mod.ts";
import type { ReplaySummary, RowHeader, Sha256, StoredCells } from "../../core/mod.ts";
import type { Models } from "../../core/engine/mod.ts";
import type { ReplayOptions } from "./commands.ts";
import { firstDifference } from "./difference.ts";
import { rowCells } from "./row_view.ts";
import { bar, paint, table } from "./terminal.ts";
import type { Screen } from "./terminal.ts";

/** Where the rows come from, and, where there are read models, what they are compared with. */
export interface ReplaySource {
  /** How many rows there are, if that is known before. */
  readonly count?: number;
  rows(): Iterable<StoredCells | BrokenRow>;
  expect?(models: Models): void;
  firstDifference?(): {
    readonly table: string;
    readonly key: string;
    readonly column: string;
    readonly expected: string;
    readonly found: string;
  } | undefined;
}

/** What stands in the place of a row and is none. */
export interface BrokenRow {
  /** What is wrong with it. */
  readonly broken: string;
  readonly expected: string;
  readonly found: string;
}

/** The first place that is not what the log leads to. */
interface Finding {
  readonly where: string;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** Progress is shown every so many rows. */
const SHOW_EVERY = 20_000;

/** Replays and reports; true when everything came out the same. */
export function runReplay(
  source: ReplaySource,
  options: Pick<ReplayOptions, "device" | "json">,
  sha256: Sha256,
  screen: Screen,
): boolean {
  const replay = new Replay(sha256);
  const history: string[][] = [];
  const finding = firstFinding(source, replay, screen, (cells) => {
    if (options.device !== undefined) note(history, cells, options.device);
  });
  const { summary } = replay;
  if (options.json) screen.write(`${JSON.stringify({ ok: !finding, ...summary, finding })}\n`);
  else {
    if (options.device !== undefined) screen.write(`${told(history, options.device)}\n\n`);
    screen.write(finding ? complaint(screen, finding) : praise(screen, summary));
  }
  return !finding;
}

function firstFinding(
  source: ReplaySource,
  replay: Replay,
  screen: Screen,
  seen: (cells: StoredCells) => void,
): Finding | undefined {
  let count = 0;
  try {
    for (const cells of source.rows()) {
      if ("broken" in cells) {
        const { broken: what, expected, found } = cells;
        return { where: `row ${count + 1}`, what, expected, found };
      }
      const taken = replay.take(cells);
      if (isDivergence(taken)) {
        const { seq, stream, what, expected, found } = taken;
        return { where: `row ${seq} (${stream})`, what, expected, found };
      }
      source.expect?.(taken);
      seen(cells);
      if (++count % SHOW_EVERY === 0 && screen.isTerminal) screen.write(progress(count, source));
    }
  } finally {
    if (count >= SHOW_EVERY && screen.isTerminal) screen.write("\r\x1b[2K");
  }
  const difference = source.firstDifference?.();
  if (!difference) return undefined;
  const { table, key, column, expected, found } = difference;
  return { where: `table ${table}, row ${key}`, what: column, expected, found };
}

function progress(rows: number, { count }: ReplaySource): string {
  return count === undefined
    ? `\r${rows} rows`
    : `\r${bar(rows / count, 30)} ${rows} of ${count} rows`;
}

function told(history: string[][], device: string): string {
  return history.length > 0 ? table(history) : `No row of this log is about device ${device}.`;
}

/** One line of a device's history for each row of its stream. */
function note(history: string[][], cells: StoredCells, device: string): void {
  if (cells.stream !== `device/${device}`) return;
  const header = JSON.parse(String(cells.bytes)) as RowHeader;
  const at = new Date(header.at).toISOString();
  history.push(rowCells({ ...header, at, data: JSON.parse(String(cells.data)) }));
}

function praise(screen: Screen, { rows, devices, moves, log, head }: ReplaySummary): string {
  const mark = paint(screen, "green", "The log is as it was decided.");
  const figures = [
    ["rows decided again", `${rows}`],
    ["devices", `${devices}`],
    ["changes of a task's state", `${moves}`],
    ["id of the log", log],
    ["hash of its last row", head],
  ];
  return `${mark}\n${table(figures)}\n`;
}

function complaint(screen: Screen, { where, what, expected, found }: Finding): string {
  const mark = paint(screen, "red", `The log is not as it was decided: ${where}, ${what}.`);
  const shown = firstDifference(expected, found);
  const rows = [["expected", shown.expected], ["found", shown.found], ["", shown.mark]];
  return `${mark}\n${table(rows)}\n`;
}
