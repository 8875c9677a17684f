/** What somebody kept apart from the log: its key, and checkpoints. */
import {
  contradictedIn,
  isSignedBy,
  logKeyOf,
  parseVerifierKey,
  readKept,
  verifierKeyText,
} from "../../../core/evidence/mod.ts";
import type { Checkpoint, LogFault, SignedHead, VerifierKey } from "../../../core/evidence/mod.ts";
import { sha256 } from "../sha256.ts";
import type { VerifyOptions } from "./options.ts";
import type { VerifyParts } from "./run.ts";
import type { Verdict } from "./verdict.ts";

/** What is wrong with the key that speaks for the log, if anything is. @throws {Error} */
export function faultOfKey(
  key: VerifierKey,
  { key: file }: VerifyOptions,
  { key: text }: VerifyParts,
): LogFault | undefined {
  const own = logKeyOf(key.publicKey, sha256);
  if (key.name !== own.name) return faultAt(own.name, key.name);
  if (text === undefined) return undefined;
  const kept = parseVerifierKey(text.trim(), sha256);
  if (!kept) {
    throw new Error(
      `Cannot use ${file}: it is no key of a log. Name a file with the line of GET /log/key.`,
    );
  }
  const [expected, found] = [kept, key].map((key) => verifierKeyText(key, sha256));
  return expected === found ? undefined : faultAt(expected!, found!);
}

/** The key is named at the very begin. */
function faultAt(expected: string, found: string): LogFault {
  return { seq: 1, what: "key", expected, found };
}

/** The checkpoints of the log that were kept; none, if nobody named a file. @throws {Error} */
export function keptCheckpoints(
  key: VerifierKey,
  { checkpoint: file }: Pick<VerifyOptions, "checkpoint">,
  { kept: text, verify }: Pick<VerifyParts, "kept" | "verify">,
): readonly Checkpoint[] {
  if (text === undefined) return [];
  const { checkpoints, forged, others, broken } = readKept(text, key, verify, sha256);
  const [first] = forged;
  if (first) {
    throw new Error(
      `Cannot use ${file}: its checkpoint of row ${first.size} was not signed by the key of ${key.name}. ` +
        "Somebody edited it, or this is another log: name checkpoints that you trust.",
    );
  }
  const contradicted = contradictedIn(checkpoints);
  if (contradicted) {
    throw new Error(
      `Cannot use ${file}: two checkpoints of row ${contradicted.size} in it name different roots, and ` +
        `the key of ${key.name} signed both. There are two logs of that name: keep that file as it is, ` +
        "and ask those who run the engine.",
    );
  }
  if (checkpoints.length > 0) return checkpoints;
  const what = others > 0
    ? `its checkpoints are of other logs than ${key.name}`
    : broken > 0
    ? "there is no whole checkpoint in it"
    : "it is empty";
  throw new Error(`Cannot use ${file}: ${what}. Name checkpoints of this log.`);
}

/** What the rows of a file with proofs are proved by: who has the key can sign another log, too. */
export function provedBy(
  { checkpoint, key }: VerifyOptions,
  fault: LogFault | undefined,
  rows: number,
): Pick<Verdict, "proved" | "checkpoints" | "isSigned"> {
  const isKept = checkpoint !== undefined;
  return {
    proved: isKept && !fault ? rows : 0,
    checkpoints: isKept ? 1 : 0,
    isSigned: key !== undefined && !fault,
  };
}

/** The checkpoint in a file must be the log's own, and one of those that were kept. @throws {Error} */
export function faultOfHead(
  { note, checkpoint: { origin, size, root }, key }: SignedHead,
  options: VerifyOptions,
  parts: VerifyParts,
): LogFault | undefined {
  const wrongKey = faultOfKey(key, options, parts);
  if (wrongKey) return wrongKey;
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
