/** What `deno task erase` is told. */
import { deviceId } from "../../../core/mod.ts";
import { parseCommand, textOr, toggle } from "../args.ts";
import { requiredChecked } from "../checked_args.ts";

/** The command. */
export const erase = {
  name: "erase",
  summary: "Take personal data out of the rows of a device. All proofs of the log still hold.",
  notes: [
    "Erased are the tags that operators gave the device, and the free text of its reports: nobody brings",
    "them back. Out of reach are backups, exported and archived files, the id of the device, the names of",
    "operators, and blocks that the disk has given free. Of an engine that runs, ask the same with",
    "deno task ota device erase ID. Exit code 0: it is erased; 1: it is not, or not everywhere; 2: a wrong",
    "flag.",
  ],
  flags: {
    device: requiredChecked("ID", "The id of the device", deviceId),
    data: textOr("DIR", "./data", "The data folder"),
    json: toggle("Print what was erased as JSON"),
  },
};

/** What `erase` is told. */
export interface EraseOptions {
  readonly device: string;
  /** The data folder. */
  readonly data: string;
  readonly json: boolean;
}

/** @throws {UsageError} */
export function parseErase(args: string[]): EraseOptions {
  return parseCommand(erase, args);
}

/** What to do when an engine uses the folder. */
export function askTheEngine({ device }: EraseOptions): string {
  return `Ask it with deno task ota device erase ${device}, or stop it.`;
}
