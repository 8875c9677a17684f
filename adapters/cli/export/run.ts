/** `deno task export`: the log as lines, each with what was stored and nothing made anew. */
import type { VerifyEd25519 } from "../../../core/evidence/mod.ts";
import { lineOf } from "../../../core/mod.ts";
import type { SealedRow, StoredCells } from "../../../core/mod.ts";
import { shareText } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
import type { ExportedLog } from "./log_checkpoint.ts";
import type { ExportOptions } from "./options.ts";
import { proofsOf } from "./proofs.ts";

/** What others do for it. */
export interface ExportParts {
  /** The log, as it is at one moment. */
  readonly log: ExportedLog;
  /** Looks whether lines may be written there, and writes them then. */
  readonly newLines: (path: string, flag: string) => (lines: Iterable<string>) => Promise<void>;
  /** What is in the file of `--checkpoint`. */
  readonly kept: string | undefined;
  readonly verify: VerifyEd25519;
  /** Signs with the key of the log. @throws {Error} when there is none in the data folder. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** So many characters are written at once. */
const CHUNK_CHARACTERS = 65_536;
/** Progress is shown every so many rows. */
const SHOW_EVERY = 20_000;

/** Writes it; true when all of it was written. @throws {Error} */
export async function runExport(
  options: ExportOptions,
  screen: Screen,
  parts: ExportParts,
): Promise<boolean> {
  const { out, device } = options;
  const { log, newLines } = parts;
  const write = out === undefined ? undefined : newLines(out, "--out");
  const { count, lines } = device === undefined
    ? { count: log.count, lines: linesOf(log.rows()) }
    : proofsOf(device, options, parts);
  if (!write) return writeAll(lines, screen);
  await write(shown(lines, count, screen));
  screen.write(`${count} rows are in ${out}.\n`);
  return true;
}

/** The rows as lines. */
export function* linesOf(rows: Iterable<StoredCells>): Iterable<string> {
  // Whatever stands in the cells is written as it is: verify and replay say what is wrong with it.
  for (const row of rows) yield lineOf(asWritable(row) as SealedRow);
}

/** An integer beyond those of JSON stands in a cell only where somebody put it. */
function asWritable(row: StoredCells): StoredCells {
  const isLarge = Object.values(row).some((cell) => typeof cell === "bigint");
  if (!isLarge) return row;
  const cells = Object.entries(row);
  return Object.fromEntries(
    cells.map(([name, cell]) => [name, typeof cell === "bigint" ? `${cell}` : cell]),
  ) as unknown as StoredCells;
}

function writeAll(lines: Iterable<string>, screen: Screen): boolean {
  let held = "";
  for (const line of lines) {
    held += `${line}\n`;
    if (held.length < CHUNK_CHARACTERS) continue;
    screen.write(held);
    held = "";
    // Who reads a part of it has what they wanted.
    if (screen.isClosed) return true;
  }
  screen.write(held);
  return true;
}

/** The lines, and how far they are for a person who looks on. */
function* shown(lines: Iterable<string>, all: number, screen: Screen): Iterable<string> {
  let count = 0;
  try {
    for (const line of lines) {
      yield line;
      if (++count % SHOW_EVERY > 0 || !screen.isTerminal) continue;
      screen.write(`\r\x1b[2K${shareText(count / all)}  ${count} of ${all} rows`);
    }
  } finally {
    if (count >= SHOW_EVERY && screen.isTerminal) screen.write("\r\x1b[2K");
  }
}
