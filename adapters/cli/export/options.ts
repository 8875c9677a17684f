/** What `deno task export` is told. */
import { parseCommand, text, textOr } from "../args.ts";

/** The command. */
export const exportLog = {
  name: "export",
  summary: "Write the log as lines of JSON, with the bytes that were stored and their hashes.",
  notes: [
    "It works while an engine runs, and shows one moment of the log. Exit code 0: all of it was written;",
    "1: it could not be; 2: a wrong flag.",
  ],
  flags: {
    data: textOr("DIR", "./data", "The data folder"),
    out: text("FILE", "A new file [the standard output]"),
  },
};

/** What `export` is told. */
export interface ExportOptions {
  /** The data folder. */
  readonly data: string;
  /** The file; `undefined`: the standard output. */
  readonly out: string | undefined;
}

/** @throws {UsageError} */
export function parseExport(args: string[]): ExportOptions {
  return parseCommand(exportLog, args);
}
