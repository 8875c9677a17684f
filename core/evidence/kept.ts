/**
 * Checkpoints that somebody kept: a file of notes, each followed by an empty line, as an engine appends
 * them. A machine may have died while it wrote one: what is no whole note is counted, not believed.
 */
import type { Sha256 } from "../log/mod.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { isSignedBy, parseNote } from "./note.ts";
import type { SignedNote, VerifierKey, VerifyEd25519 } from "./note.ts";

/** What is in such a file. */
export interface KeptCheckpoints {
  /** Those of the log, signed by its key, in the order of the file. */
  readonly checkpoints: readonly Checkpoint[];
  /** How many are of other logs. */
  readonly others: number;
  /** How many pieces are no notes, or not whole. */
  readonly broken: number;
  /** Those that name the log, but that its key did not sign. */
  readonly forged: readonly Checkpoint[];
}

/** Reads the text of such a file. */
export function readKept(
  text: string,
  key: VerifierKey,
  verify: VerifyEd25519,
  sha256: Sha256,
): KeptCheckpoints {
  const [checkpoints, forged]: Checkpoint[][] = [[], []];
  let [others, broken] = [0, 0];
  for (const note of notesIn(text)) {
    const checkpoint = note && parseCheckpoint(note.text);
    if (!checkpoint) broken++;
    else if (checkpoint.origin !== key.name) others++;
    else if (isSignedBy(note, key, verify, sha256)) checkpoints!.push(checkpoint);
    else forged!.push(checkpoint);
  }
  return { checkpoints: checkpoints!, others, broken, forged: forged! };
}

/** Note by note; `undefined` for what is none. */
export function* notesIn(text: string): Iterable<SignedNote | undefined> {
  const pieces = text.replaceAll("\r\n", "\n").split(/\n{2,}/).filter((piece) => piece !== "");
  for (let at = 0; at < pieces.length; at++) {
    const [head, tail] = [pieces[at]!.trim(), pieces[at + 1]?.trim()];
    const note = tail === undefined ? undefined : parseNote(`${head}\n\n${tail}\n`);
    yield note;
    if (note) at++;
  }
}
