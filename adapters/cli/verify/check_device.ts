/** The rows of one device, each with its proof. */
import { originOf, ProofsCheck } from "../../../core/evidence/mod.ts";
import type { LogFault, ProofsHead } from "../../../core/evidence/mod.ts";
import { linesIn } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import { faultOfHead, provedBy } from "./known.ts";
import type { VerifyOptions } from "./options.ts";
import type { Block, VerifyParts } from "./run.ts";
import type { Verdict } from "./verdict.ts";

/** Checks them. @throws {Error} */
export function checkDevice(
  head: ProofsHead,
  options: VerifyOptions,
  parts: VerifyParts,
): Verdict {
  const { device, checkpoint: { origin, size, root } } = head;
  const check = new ProofsCheck(head, sha256);
  const fault = faultOfHead(head, options, parts) ??
    firstFault(check, parts.file.blocks(1));
  return {
    about: "device",
    device,
    rows: check.rows,
    log: origin.slice(originOf("").length),
    root,
    size,
    ...provedBy(options, fault, check.rows),
    erased: check.erased,
    fault,
  };
}

function firstFault(check: ProofsCheck, blocks: Iterable<Block>): LogFault | undefined {
  let line = 1;
  for (const { bytes } of blocks) {
    for (const { from, to } of linesIn(bytes)) {
      line++;
      const fault = check.take(bytes.subarray(from, to));
      if (fault) return { seq: line, ...fault };
    }
  }
  const fault = check.end();
  return fault && { seq: line, ...fault };
}
