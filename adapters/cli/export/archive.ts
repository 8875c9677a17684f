/** `deno task archive`: the parts of the log below a checkpoint, each as a file that is proved by itself. */
import { archiveHeadLine, archivePath, verifierKeyText } from "../../../core/evidence/mod.ts";
import type { KeptCheckpoint, VerifyEd25519 } from "../../../core/evidence/mod.ts";
import { sha256 } from "../sha256.ts";
import { shareText, table } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
import type { ArchiveOptions } from "./archive_options.ts";
import { keyOf, lastCheckpoint } from "./log_checkpoint.ts";
import type { ExportedLog } from "./log_checkpoint.ts";
import { linesOf } from "./run.ts";

/** What others do for it. */
export interface ArchiveParts {
  readonly log: ExportedLog;
  /** What is in the file of `--checkpoint`. */
  readonly kept: string;
  readonly verify: VerifyEd25519;
  /** Whether there is such a file in the folder. */
  readonly exists: (path: string) => boolean;
  /** Looks whether lines may be written there, and writes them then. */
  readonly newLines: (path: string, flag: string) => (lines: Iterable<string>) => Promise<void>;
}

/** Enough for the greatest number of rows, so that the names are in the order of the parts. */
const DIGITS = 12;

/** Writes what is not there yet; true when it did. @throws {Error} */
export async function runArchive(
  options: ArchiveOptions,
  screen: Screen,
  parts: ArchiveParts,
): Promise<boolean> {
  const { folder, checkpoint: file, data, rows } = options;
  const { log, kept: text, verify, exists, newLines } = parts;
  const key = keyOf(log, data);
  const checkpoint = lastCheckpoint(log, key, { file, text }, verify);
  const complete = Math.floor(checkpoint.size / rows);
  let written = 0;
  for (let part = 0; part < complete; part++) {
    const path = `${folder}/${nameOf(part * rows, rows)}`;
    if (exists(path)) continue;
    await newLines(path, "DIR")(
      linesOfPart(log, part * rows, rows, checkpoint, verifierKeyText(key, sha256)),
    );
    written++;
    if (screen.isTerminal) screen.write(`\r\x1b[2K${shareText((part + 1) / complete)}`);
  }
  if (screen.isTerminal && written > 0) screen.write("\r\x1b[2K");
  const [archived, size] = [complete * rows, checkpoint.size];
  const result = {
    written,
    parts: complete,
    rows: archived,
    left: log.count - archived,
    checkpoint: size,
  };
  screen.write(options.json ? `${JSON.stringify(result)}\n` : `${told(result, folder)}\n`);
  return true;
}

function* linesOfPart(
  log: ExportedLog,
  begin: number,
  rows: number,
  { size, note }: KeptCheckpoint,
  key: string,
): Iterable<string> {
  const proof = archivePath(begin, rows, size).map((range) => log.hashOf(range));
  yield archiveHeadLine({ begin, rows }, proof, note, key);
  yield* linesOf(log.rows(begin, rows));
}

/** The first and the last row. */
function nameOf(begin: number, rows: number): string {
  const [first, last] = [begin + 1, begin + rows].map((seq) => `${seq}`.padStart(DIGITS, "0"));
  return `${first}-${last}.jsonl`;
}

function told(
  { written, parts, rows, left }: Readonly<Record<"written" | "parts" | "rows" | "left", number>>,
  folder: string,
): string {
  return table([
    [`parts in ${folder}`, `${parts}`],
    ["written now", `${written}`],
    ["rows in them", `${rows}`],
    ["rows that wait for a part to be complete", `${left}`],
  ]);
}
