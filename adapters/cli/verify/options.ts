/** What `deno task verify` is told. */
import { parseCommand, text, texts, toggle } from "../args.ts";
import { word } from "../checked_args.ts";
import { jobs, jobsDefault } from "../workers/jobs.ts";

/** The command. */
export const verify = {
  name: "verify",
  summary: "Prove that an exported log was not edited, with nothing but the file.",
  words: { file: word("FILE", "What deno task export wrote: a log, or the rows of a device") },
  notes: [
    "Without a checkpoint that was kept elsewhere it shows only that the file fits itself: whoever wrote",
    "all of it anew is not found. Exit code 0: all of it holds; 1: something does not, or cannot be read;",
    "2: a wrong flag.",
  ],
  flags: {
    checkpoint: texts(
      "FILE",
      "Checkpoints that were kept: the log must have grown out of each; repeatable",
    ),
    key: text("FILE", "The key of the log that was kept, as one line"),
    jobs: jobs("Parts of the log that are checked at once"),
    json: toggle("Print the result as JSON"),
  },
};

/** What `verify` is told. */
export interface VerifyOptions {
  readonly file: string;
  /** Files of checkpoints. */
  readonly checkpoints: readonly string[];
  /** Their names, as a message has them; `undefined`: there are none. */
  readonly checkpoint: string | undefined;
  readonly key: string | undefined;
  readonly jobs: number;
  readonly json: boolean;
}

/** @throws {UsageError} */
export function parseVerify(args: string[]): VerifyOptions {
  const { checkpoint: checkpoints, ...given } = parseCommand(verify, args);
  const checkpoint = checkpoints.length > 0 ? checkpoints.join(", ") : undefined;
  return { ...given, checkpoints, checkpoint, jobs: given.jobs ?? jobsDefault() };
}
