/** The rows of one device, each with its proof. */
import { isSignedBy, originOf, ProofsCheck } from "../../../core/evidence/mod.ts";
import type { LogFault, ProofsHead } from "../../../core/evidence/mod.ts";
import { linesIn } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import { faultOfKey, keptCheckpoints } from "./known.ts";
import type { VerifyOptions } from "./options.ts";
import type { Block, VerifyParts } from "./run.ts";
import type { Verdict } from "./verdict.ts";

/** Checks them. @throws {Error} */
export function checkDevice(
  head: ProofsHead,
  blocks: Iterable<Block>,
  options: VerifyOptions,
  parts: VerifyParts,
): Verdict {
  const { device, checkpoint: { origin, size, root } } = head;
  const check = new ProofsCheck(head, sha256);
  const unknown = faultOfHead(head, options, parts);
  const fault = unknown ?? firstFault(check, blocks);
  const kept = options.checkpoint !== undefined;
  return {
    about: "device",
    device,
    rows: check.rows,
    log: origin.slice(originOf("").length),
    root,
    size,
    proved: kept && !fault ? check.rows : 0,
    checkpoints: kept ? 1 : 0,
    fault,
  };
}

/** The checkpoint in the file must be the log's own, and one of those that were kept. */
function faultOfHead(
  { note, checkpoint, key }: ProofsHead,
  options: VerifyOptions,
  parts: VerifyParts,
): LogFault | undefined {
  const wrongKey = faultOfKey(key, options, parts);
  if (wrongKey) return wrongKey;
  const { origin, size, root } = checkpoint;
  if (!isSignedBy(note, key, parts.verify, sha256) || origin !== key.name) {
    return { seq: 1, what: "checkpoint", expected: `one signed by ${key.name}`, found: origin };
  }
  if (options.checkpoint === undefined) return undefined;
  const kept = keptCheckpoints(key, options, parts).filter((other) => other.size === size);
  if (kept.length === 0) {
    throw new Error(
      `Cannot compare: the proofs are for the checkpoint of row ${size}, which is not in ` +
        `${options.checkpoint}. Export them with --checkpoint and that file.`,
    );
  }
  const other = kept.find((kept) => kept.root !== root);
  return other && { seq: 1, to: size, what: "root", expected: other.root, found: root };
}

function firstFault(check: ProofsCheck, blocks: Iterable<Block>): LogFault | undefined {
  const decoder = new TextDecoder();
  let line = 0;
  for (const { bytes } of blocks) {
    for (const { from, to } of linesIn(bytes)) {
      const fault = line++ === 0 ? undefined : check.take(decoder.decode(bytes.subarray(from, to)));
      if (fault) return { seq: line, ...fault };
    }
  }
  const fault = check.end();
  return fault && { seq: line, ...fault };
}
