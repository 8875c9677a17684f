/** What `deno task archive` is told. */
import { ARCHIVE_ROWS, ARCHIVE_ROWS_MAX, ARCHIVE_ROWS_MIN } from "../../../core/evidence/mod.ts";
import { count, parseCommand, required, textOr, toggle, UsageError } from "../args.ts";
import { word } from "../checked_args.ts";

/** The command. */
export const archive = {
  name: "archive",
  summary: "Write the parts of the log below a checkpoint to files that are proved one by one.",
  words: { folder: word("DIR", "Where they go; those that are there already are left alone") },
  notes: [
    "Each file has so many rows, with one proof for them, and is checked by deno task verify with nothing",
    "else but a checkpoint that was kept. It works while an engine runs, and takes nothing out of its log.",
    "Exit code 0: every part that is complete is there; 1: it could not be done; 2: a wrong flag.",
  ],
  flags: {
    data: textOr("DIR", "./data", "The data folder"),
    checkpoint: required("FILE", "Checkpoints that were kept: the last one is what is proved"),
    rows: count("Rows of a file, a power of two", ARCHIVE_ROWS, ARCHIVE_ROWS_MIN, ARCHIVE_ROWS_MAX),
    json: toggle("Print the result as JSON"),
  },
};

/** What `archive` is told. */
export interface ArchiveOptions {
  readonly folder: string;
  readonly data: string;
  readonly checkpoint: string;
  readonly rows: number;
  readonly json: boolean;
}

/** @throws {UsageError} */
export function parseArchive(args: string[]): ArchiveOptions {
  const given = parseCommand(archive, args);
  if (!Number.isInteger(Math.log2(given.rows))) {
    throw new UsageError(
      `--rows must be a power of two, such as ${ARCHIVE_ROWS}, not ${given.rows}.`,
    );
  }
  return given;
}
