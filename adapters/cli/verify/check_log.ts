/** A whole log. */
import { keyIn, LogCheck, originOf } from "../../../core/evidence/mod.ts";
import type { LogFault } from "../../../core/evidence/mod.ts";
import { readLine } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import { faultInBlocks } from "./blocks.ts";
import { faultOfKey, keptCheckpoints } from "./known.ts";
import type { VerifyOptions } from "./options.ts";
import type { Progress, VerifyParts } from "./run.ts";
import type { Verdict } from "./verdict.ts";

/** Checks it; `first` is its first line. @throws {Error} */
export async function checkLog(
  first: Uint8Array,
  options: VerifyOptions,
  parts: VerifyParts,
  progress: Progress,
): Promise<Verdict> {
  const row = readLine(first, true);
  const key = "broken" in row ? undefined : keyIn(row, sha256);
  const wrongKey = key && faultOfKey(key, options, parts);
  const checkpoints = key && !wrongKey ? keptCheckpoints(key, options, parts) : [];
  const check = new LogCheck(sha256, checkpoints);
  const marks = checkpoints.map(({ size }) => size);
  const fault = wrongKey ?? await faultInBlocks(check, parts.file, options, { marks, progress }) ??
    check.end() ?? strangeLog(check, key?.name);
  const { rows, log = "", root, proved, erased } = check;
  return { about: "log", rows, log, root, proved, erased, checkpoints: checkpoints.length, fault };
}

/** The id of the log derives from the key that its first row names. */
function strangeLog(check: LogCheck, keyName: string | undefined): LogFault | undefined {
  const found = originOf(check.log ?? "");
  if (found === keyName) return undefined;
  return { seq: 1, what: "log", expected: keyName ?? "the log of the key in the first row", found };
}
