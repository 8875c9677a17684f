/** A part of a log that was archived, proved by itself. */
import { LogCheck, originOf, provesArchived } from "../../../core/evidence/mod.ts";
import type { ArchiveHead, LogFault } from "../../../core/evidence/mod.ts";
import { sha256 } from "../sha256.ts";
import { faultInBlocks } from "./blocks.ts";
import { faultOfHead, provedBy } from "./known.ts";
import type { VerifyOptions } from "./options.ts";
import type { Progress, VerifyParts } from "./run.ts";
import type { Verdict } from "./verdict.ts";

/** Checks it. @throws {Error} */
export async function checkArchive(
  head: ArchiveHead,
  options: VerifyOptions,
  parts: VerifyParts,
  progress: Progress,
): Promise<Verdict> {
  const { begin, checkpoint: { origin, size, root } } = head;
  const check = new LogCheck(sha256, [], begin);
  const fault = faultOfHead(head, options, parts) ??
    await faultInBlocks(check, parts.file, options, { leftOut: 1, begin, progress }) ??
    faultOfPart(head, check);
  const { rows, erased, unproved } = check;
  return {
    about: "part",
    begin,
    rows,
    log: origin.slice(originOf("").length),
    root,
    size,
    ...provedBy(options, fault, rows),
    erased,
    ...(unproved > 0 ? { unproved } : {}),
    fault,
  };
}

/** All of the rows, of that log, and in that place. */
function faultOfPart(head: ArchiveHead, { rows, log, root }: LogCheck): LogFault | undefined {
  const { begin, checkpoint: { origin } } = head;
  const first = begin + 1;
  if (rows !== head.rows) {
    return {
      seq: begin + rows,
      what: "end",
      expected: `${begin + head.rows}`,
      found: `${begin + rows}`,
    };
  }
  const found = originOf(log ?? "");
  if (found !== origin) return { seq: first, what: "log", expected: origin, found };
  if (provesArchived(head, root, sha256)) return undefined;
  return {
    seq: first,
    to: begin + rows,
    what: "root",
    expected: "what the proof is of",
    found: root,
  };
}
