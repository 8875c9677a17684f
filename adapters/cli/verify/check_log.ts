/** A whole log: its blocks on all cores, and one after the other what they hang together by. */
import { isFault, keyIn, LogCheck, originOf } from "../../../core/evidence/mod.ts";
import type { LogFault } from "../../../core/evidence/mod.ts";
import { readLine } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import { resultsOf } from "../workers/crew.ts";
import { faultOfKey, keptCheckpoints } from "./known.ts";
import type { VerifyOptions } from "./options.ts";
import type { Block, Progress, VerifyParts } from "./run.ts";
import type { Verdict } from "./verdict.ts";
import type { BlockJob, BlockResult } from "./worker.ts";

/** Checks it; `first` is its first line. @throws {Error} */
export async function checkLog(
  first: Uint8Array,
  blocks: Iterable<Block>,
  options: VerifyOptions,
  parts: VerifyParts,
  progress: Progress,
): Promise<Verdict> {
  const row = readLine(first, true);
  const key = "broken" in row ? undefined : keyIn(row, sha256);
  const wrongKey = key && faultOfKey(key, options, parts);
  const checkpoints = key && !wrongKey ? keptCheckpoints(key, options, parts) : [];
  const check = new LogCheck(sha256, checkpoints);
  const sizes: number[] = [];
  const jobs = jobsOf(blocks, checkpoints.map(({ size }) => size), sizes);
  let bytes = 0;
  const seen = () => progress(check.rows, (bytes += sizes.shift()!) / parts.file.size);
  const fault = wrongKey ?? await firstFault(check, jobs, options.jobs, seen) ??
    strangeLog(check, key?.name);
  const { rows, log = "", root, proved } = check;
  return { about: "log", rows, log, root, proved, checkpoints: checkpoints.length, fault };
}

async function firstFault(
  check: LogCheck,
  jobs: Iterable<BlockJob>,
  size: number,
  seen: () => void,
): Promise<LogFault | undefined> {
  const results = resultsOf<BlockJob, BlockResult>(jobs, {
    worker: new URL("./worker.ts", import.meta.url),
    size,
    transfer: ({ bytes }) => [bytes.buffer],
    failure: (_, message) => new Error(`The log could not be checked: ${message}`),
  });
  for await (const result of results) {
    const fault = isFault(result) ? result : check.take(result);
    if (fault) return fault;
    seen();
  }
  return check.end();
}

/** A block is told only of the marks that are in it. */
function* jobsOf(
  blocks: Iterable<Block>,
  marks: readonly number[],
  sizes: number[],
): Iterable<BlockJob> {
  const ahead = marks.toSorted((a, b) => a - b);
  for (const { begin, lines, bytes } of blocks) {
    const count = ahead.findIndex((mark) => mark > begin + lines);
    sizes.push(bytes.length);
    yield { begin, bytes, marks: ahead.splice(0, count < 0 ? ahead.length : count) };
  }
}

/** The id of the log derives from the key that its first row names. */
function strangeLog(check: LogCheck, keyName: string | undefined): LogFault | undefined {
  const found = originOf(check.log ?? "");
  if (found === keyName) return undefined;
  return { seq: 1, what: "log", expected: keyName ?? "the log of the key in the first row", found };
}
