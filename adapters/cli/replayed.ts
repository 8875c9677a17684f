/** A log that is decided again, row by row, and the first place that is not what it leads to. */
import { isBehind, isDivergence, Replay, timeOf } from "../../core/mod.ts";
import type { Divergence, LogPoint, ReplaySummary, Sha256, StoredCells } from "../../core/mod.ts";
import type { Models } from "../../core/engine/mod.ts";
import { replayStreams } from "./replay_streams/mod.ts";
import type { Block } from "./replay_streams/mod.ts";

/** Where the rows come from, and, where there are read models, what they are compared with. */
export interface ReplaySource {
  /** How many rows there are, if that is known before. */
  readonly count?: number;
  rows(): Iterable<StoredCells | BrokenRow>;
  /** The same as lines, if they are lines: these can be dealt out to all cores. */
  blocks?(): Iterable<Block>;
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
export interface Finding {
  readonly where: string;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** What came out. */
export interface Replayed {
  readonly summary: ReplaySummary;
  /** When the last row was written: engine time, milliseconds since 1970. */
  readonly at: number;
  /** `undefined`: everything came out the same. */
  readonly finding: Finding | undefined;
}

/** Who looks on. */
export interface ReplayWatch {
  /** What lies behind it is not decided; then read models, which are of the end, say nothing. */
  readonly upTo?: LogPoint | undefined;
  /** A row came out the same; these are the read models that it leads to. */
  seen?(cells: StoredCells, models: Models): void;
  /** Told now and then. */
  progress?(rows: number): void;
  /** Throws when it is time to stop. */
  readonly stop?: AbortSignal | undefined;
}

/** Others have their turn, such as a signal to the process, every so many rows. */
const TURN_EVERY = 5_000;

/** Decides the rows again, up to the first that comes out otherwise. */
export async function replayed(
  source: ReplaySource,
  sha256: Sha256,
  { upTo, seen, progress, stop }: ReplayWatch = {},
): Promise<Replayed> {
  const replay = new Replay(sha256);
  let [rows, last] = [0, undefined as StoredCells | undefined];
  let finding: Finding | undefined;
  let asOf: ReplaySummary | undefined;
  for (const cells of source.rows()) {
    if (asOf || upTo && !("broken" in cells) && isBehind(upTo, rows + 1, timeOf(cells))) {
      asOf ??= replay.summary;
      // What was erased since is proved by a row behind the point: it is looked for, no more.
      if (!replay.isErasureOwed || "finding" in take(replay, 0, cells)) break;
      continue;
    }
    const taken = take(replay, rows + 1, cells);
    if ("finding" in taken) {
      finding = taken.finding;
      break;
    }
    rows++;
    last = taken.cells;
    if (!upTo) source.expect?.(taken.models);
    seen?.(taken.cells, taken.models);
    if (rows % TURN_EVERY > 0) continue;
    progress?.(rows);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    stop?.throwIfAborted();
  }
  finding ??= unfinished(replay) ?? (upTo ? undefined : differing(source));
  return { summary: asOf ?? replay.summary, at: last ? timeOf(last) : 0, finding };
}

/** Decides such lines again, on so many cores. */
export async function replayedInStreams(
  blocks: Iterable<Block>,
  jobs: number,
  progress: (rows: number) => void,
): Promise<Replayed> {
  const { summary, divergence } = await replayStreams(blocks, jobs, progress);
  return { summary, at: 0, finding: divergence && findingOf(divergence) };
}

function take(
  replay: Replay,
  seq: number,
  cells: StoredCells | BrokenRow,
): { finding: Finding } | { cells: StoredCells; models: Models } {
  if ("broken" in cells) {
    const { broken: what, expected, found } = cells;
    return { finding: { where: `row ${seq}`, what, expected, found } };
  }
  const taken = replay.take(cells);
  return isDivergence(taken) ? { finding: findingOf(taken) } : { cells, models: taken };
}

/** Where the end of the log is none. */
function unfinished(replay: Replay): Finding | undefined {
  const divergence = replay.end();
  return divergence && findingOf(divergence);
}

function findingOf({ seq, stream, what, expected, found }: Divergence): Finding {
  return { where: `row ${seq}${stream && ` (${stream})`}`, what, expected, found };
}

function differing(source: ReplaySource): Finding | undefined {
  const difference = source.firstDifference?.();
  if (!difference) return undefined;
  const { table, key, column, expected, found } = difference;
  return { where: `table ${table}, row ${key}`, what: column, expected, found };
}
