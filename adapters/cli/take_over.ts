/**
 * An engine finds a log that another version of otalog wrote: the log is decided again, and whoever starts
 * the engine learns what this version would have decided otherwise.
 */
import { ENGINE_STREAM, factSchemas, ShadowReplay } from "../../core/mod.ts";
import type { Divergence, Sha256 } from "../../core/mod.ts";
import type { Reads } from "../../core/engine/mod.ts";
import { firstDifference } from "./difference.ts";
import { outcomeText } from "./row_view.ts";
import { bar, paint, table } from "./terminal.ts";
import type { Screen } from "./terminal.ts";

/** What this version makes of the log of another. */
export interface TakeOver {
  /** The version that wrote last; `undefined`: one that did not say so. */
  readonly from: string | undefined;
  readonly to: string;
  /** How many rows the log has. */
  readonly rows: number;
  /** How many of its streams come out otherwise. */
  readonly count: number;
  /** The first row of each that does; of very many streams the first ones. */
  readonly differences: readonly Divergence[];
}

/** What is known of this version. */
export interface TakenBy {
  readonly version: string;
  readonly sha256: Sha256;
  /** It takes over, whatever it would have decided otherwise. */
  readonly isAccepted: boolean;
}

/** Who looks on. */
export interface TakeOverWatch {
  /** Told now and then. */
  progress?(rows: number, of: number): void;
  /** Told what came of it, unless the log is of this version. */
  tell?(takeOver: TakeOver, isAccepted: boolean): void;
  /** Throws when it is time to stop. */
  readonly stop?: AbortSignal | undefined;
}

/** Rows that are read at once; then others have their turn, such as a signal to the process. */
const PAGE_ROWS = 1_000;

/**
 * Decides the log again if another version wrote last. Of a log of this version nothing is read.
 *
 * @throws {Error} when something would have been decided otherwise, and that was not accepted.
 */
export async function takeOver(
  log: Pick<Reads, "newest" | "lastSeq" | "rows">,
  by: TakenBy,
  watch: TakeOverWatch = {},
): Promise<void> {
  const from = await lastVersion(log);
  if (from === by.version) return;
  const rows = await log.lastSeq();
  if (rows === 0) return;
  const { count, differences } = await decidedAgain(log, rows, by.sha256, watch);
  watch.tell?.({ from, to: by.version, rows, count, differences }, by.isAccepted);
  if (count > 0 && !by.isAccepted) throw new Error(refusal(from, by.version, count));
}

/** All of its rows, page by page. */
async function decidedAgain(
  log: Pick<Reads, "rows">,
  count: number,
  sha256: Sha256,
  { progress, stop }: TakeOverWatch,
): Promise<ShadowReplay> {
  const shadow = new ShadowReplay(sha256);
  let page = await log.rows(undefined, 0, PAGE_ROWS);
  while (page.length > 0) {
    for (const row of page) shadow.take(row);
    progress?.(shadow.rows, count);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    stop?.throwIfAborted();
    page = await log.rows(undefined, page.at(-1)!.seq, PAGE_ROWS);
  }
  shadow.end();
  return shadow;
}

/** Which otalog started last. */
async function lastVersion(log: Pick<Reads, "newest">): Promise<string | undefined> {
  const row = await log.newest(ENGINE_STREAM, "EngineStarted");
  try {
    return row && factSchemas.EngineStarted.parse(JSON.parse(row.data)).version;
  } catch {
    return undefined;
  }
}

function refusal(from: string | undefined, to: string, count: number): string {
  return `Cannot take over from ${nameOf(from)}: otalog ${to} would have decided ${
    streams(count)
  } ` +
    "of the log otherwise. Start the former version again, or accept that with --take-over: then " +
    '"deno task replay" stops at the first of these rows.';
}

/** Shows it on the screen. */
export function takeOverScreen(screen: Screen): TakeOverWatch {
  return {
    progress: (rows, of) => {
      if (screen.isTerminal) screen.write(`\r${bar(rows / of, 30)} ${rows} of ${of} rows`);
    },
    tell: (takeOver, isAccepted) => {
      if (screen.isTerminal) screen.write("\r\x1b[2K");
      screen.write(`${takeOverText(screen, takeOver, isAccepted)}\n`);
    },
  };
}

function takeOverText(screen: Screen, takeOver: TakeOver, isAccepted: boolean): string {
  const { from, to, rows, count, differences } = takeOver;
  const what = `otalog ${to} takes over from ${nameOf(from)}: ${grouped(rows)} rows decided again`;
  if (count === 0) return `${what}, all the same`;
  const lines = [["row", "stream", "the log says", `otalog ${to} would decide`]];
  for (const difference of differences) {
    const { seq, stream } = difference;
    lines.push([`${seq}`, stream, ...bothOf(difference)]);
  }
  const left = count - differences.length;
  return [
    paint(screen, isAccepted ? "yellow" : "red", `${what}, ${streams(count)} otherwise:`),
    table(lines),
    ...left > 0 ? [`and ${streams(left)} more`] : [],
    ...isAccepted ? ['Accepted: "deno task replay" stops at the first of these rows.'] : [],
  ].join("\n");
}

/** What stands there and what would: in words, unless the words do not show where they differ. */
function bothOf({ what, expected, found }: Divergence): [found: string, expected: string] {
  if (what === "outcome") {
    const words = [found, expected].map((outcome) => outcomeText(JSON.parse(outcome)) || "nothing");
    if (words[0] !== words[1]) return words as [string, string];
  }
  const shown = firstDifference(expected, found);
  return [`${what}: ${shown.found}`, shown.expected];
}

function nameOf(version: string | undefined): string {
  return version === undefined ? "an earlier otalog" : `otalog ${version}`;
}

function streams(count: number): string {
  return `${grouped(count)} ${count === 1 ? "stream" : "streams"}`;
}

/** `12,345` */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
