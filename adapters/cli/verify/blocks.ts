/** Rows in blocks: checked on all cores, and one after the other what they hang together by. */
import { isFault } from "../../../core/evidence/mod.ts";
import type { LogCheck, LogFault } from "../../../core/evidence/mod.ts";
import { resultsOf } from "../workers/crew.ts";
import type { VerifyOptions } from "./options.ts";
import type { Block, Progress, VerifyParts } from "./run.ts";
import type { BlockJob, BlockResult } from "./worker.ts";

/** What is looked at on the way. */
interface Way {
  /** Lines of the file before the rows. */
  readonly leftOut?: number;
  /** Rows of the log before those of the file. */
  readonly begin?: number;
  /** Numbers of rows of the log after which the tree is wanted. */
  readonly marks?: readonly number[];
  readonly progress: Progress;
}

/** The first thing that is wrong with the rows of the file. @throws {Error} when it cannot be told. */
export async function faultInBlocks(
  check: LogCheck,
  file: VerifyParts["file"],
  { jobs }: VerifyOptions,
  { leftOut = 0, begin = 0, marks = [], progress }: Way,
): Promise<LogFault | undefined> {
  const sizes: number[] = [];
  let bytes = 0;
  const results = resultsOf<BlockJob, BlockResult>(
    jobsOf(file.blocks(leftOut), begin, marks, sizes),
    {
      worker: new URL("./worker.ts", import.meta.url),
      size: jobs,
      transfer: ({ bytes }) => [bytes.buffer],
      failure: (_, message) => new Error(`The log could not be checked: ${message}`),
    },
  );
  for await (const result of results) {
    const fault = isFault(result) ? result : check.take(result);
    if (fault) return fault;
    progress(check.rows, (bytes += sizes.shift()!) / file.size);
  }
  return undefined;
}

/** A block is told only of the marks that are in it. */
function* jobsOf(
  blocks: Iterable<Block>,
  before: number,
  marks: readonly number[],
  sizes: number[],
): Iterable<BlockJob> {
  const sorted = marks.toSorted((a, b) => a - b);
  let next = 0;
  for (const { begin: within, lines, bytes } of blocks) {
    const begin = before + within;
    const first = next;
    while (next < sorted.length && sorted[next]! <= begin + lines) next++;
    sizes.push(bytes.length);
    yield { begin, bytes, marks: sorted.slice(first, next) };
  }
}
