/** What `deno task backup` and `deno task restore` are told. */
import { parseCommand, text, textOr, toggle } from "../args.ts";
import { word } from "../checked_args.ts";

const asItIs = toggle("Copy a log, too, that does not come out as it was decided");
const json = toggle("Print what was copied as JSON");

/** The command. */
export const backup = {
  name: "backup",
  summary: "Copy a data folder as it is at one moment, and prove the copy. The engine may go on.",
  words: { dir: word("DIR", "The new folder") },
  notes: [
    "DIR appears when its log was decided again and every image was compared with its name, else nothing",
    "is left of it. It holds the key of the log and tokens: keep it as safe as the data folder. Exit code",
    "0: it is there; 1: it is not; 2: a wrong flag.",
  ],
  flags: { data: textOr("DIR", "./data", "The data folder"), "as-it-is": asItIs, json },
};

/** The command. */
export const restore = {
  name: "restore",
  summary: "Make a data folder of a backup, and prove it. Nothing is overwritten.",
  words: { dir: word("BACKUP", "The folder that deno task backup made") },
  notes: [
    "What came after the backup is lost: reports, orders, new devices, tokens, revocations, erasures:",
    "what was erased since must be erased again. Stop the engine that the backup was made of, if there",
    "still is one. Exit code 0: the data folder is there; 1: it is not; 2: a wrong flag.",
  ],
  flags: {
    data: textOr("DIR", "./data", "The new data folder"),
    checkpoint: text("FILE", "Checkpoints that were kept: what the backup lacks of them is lost"),
    "as-it-is": asItIs,
    json,
  },
};

/** What `backup` is told. */
export interface BackupOptions {
  /** The backup. */
  readonly dir: string;
  readonly data: string;
  /** A log that does not come out as it was decided is copied all the same. */
  readonly asItIs: boolean;
  readonly json: boolean;
}

/** What `restore` is told. */
export interface RestoreOptions extends BackupOptions {
  /** Checkpoints that were kept. */
  readonly checkpoint: string | undefined;
}

/** @throws {UsageError} */
export function parseBackup(args: string[]): BackupOptions {
  const { "as-it-is": asItIs, ...given } = parseCommand(backup, args);
  return { ...given, asItIs };
}

/** @throws {UsageError} */
export function parseRestore(args: string[]): RestoreOptions {
  const { "as-it-is": asItIs, ...given } = parseCommand(restore, args);
  return { ...given, asItIs };
}
