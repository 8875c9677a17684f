/** What `deno task export` is told. */
import { deviceId } from "../../../core/mod.ts";
import { parseCommand, text, textOr, toggle, UsageError } from "../args.ts";
import { checked } from "../checked_args.ts";

/** The command. */
export const exportLog = {
  name: "export",
  summary: "Write the log as lines of JSON, with the bytes that were stored and their hashes.",
  notes: [
    "It works while an engine runs, and shows one moment of the log. With --device and --proofs it writes",
    "the rows of one device, each with a proof that it is in the log. Exit code 0: all of it was written;",
    "1: it could not be; 2: a wrong flag.",
  ],
  flags: {
    data: textOr("DIR", "./data", "The data folder"),
    out: text("FILE", "A new file [the standard output]"),
    device: checked("ID", "The rows of this device alone, with --proofs", deviceId),
    proofs: toggle("With each row the proof that it is in the log of a checkpoint"),
    checkpoint: text("FILE", "Prove it for the last of these checkpoints [one that is made now]"),
  },
};

/** What `export` is told. */
export interface ExportOptions {
  /** The data folder. */
  readonly data: string;
  /** The file; `undefined`: the standard output. */
  readonly out: string | undefined;
  /** The device whose rows are proved; `undefined`: the whole log. */
  readonly device: string | undefined;
  /** Checkpoints that were kept. */
  readonly checkpoint: string | undefined;
}

/** @throws {UsageError} */
export function parseExport(args: string[]): ExportOptions {
  const given = parseCommand(exportLog, args);
  const { device, proofs, checkpoint } = given;
  if (proofs !== (device !== undefined)) {
    throw new UsageError("The rows of a device come with their proofs: give --device ID --proofs.");
  }
  if (checkpoint !== undefined && !proofs) {
    throw new UsageError(
      "--checkpoint is for proofs: give --device ID --proofs, or leave it out. " +
        "A whole log is compared with checkpoints by deno task verify.",
    );
  }
  return given;
}
