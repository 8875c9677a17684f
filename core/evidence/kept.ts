/**
 * Checkpoints that somebody kept: a file of notes, each followed by an empty line, as an engine appends
 * them. A machine may have died while it wrote one: what is no whole note is counted, not believed.
 */
import type { Sha256 } from "../log/mod.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { isSignedBy, parseNote } from "./note.ts";
import type { SignedNote, VerifierKey, VerifyEd25519 } from "./note.ts";

const ED25519_BYTES = 64;

/** A checkpoint, and the note that says it. */
export interface KeptCheckpoint extends Checkpoint {
  readonly note: string;
}

/** What is in such a file. */
export interface KeptCheckpoints {
  /** Those of the log, signed by its key, in the order of the file. */
  readonly checkpoints: readonly KeptCheckpoint[];
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
  const checkpoints: KeptCheckpoint[] = [];
  const forged: Checkpoint[] = [];
  let [others, broken] = [0, 0];
  for (const { note, signed } of notesIn(text)) {
    const checkpoint = signed && parseCheckpoint(signed.text);
    if (!checkpoint || isCutOff(signed)) broken++;
    else if (checkpoint.origin !== key.name) others++;
    else if (isSignedBy(signed, key, verify, sha256)) checkpoints.push({ ...checkpoint, note });
    else forged.push(checkpoint);
  }
  return { checkpoints, others, broken, forged };
}

/** The one of the most rows. */
export function newestOf<T extends Checkpoint>(checkpoints: readonly T[]): T | undefined {
  return checkpoints.toSorted((a, b) => a.size - b.size).at(-1);
}

/** The first one that another of the same size contradicts: its key signed two logs. */
export function contradictedIn(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  const roots = new Map<number, string>();
  for (const { size, root } of checkpoints) if (!roots.has(size)) roots.set(size, root);
  return checkpoints.find(({ size, root }) => roots.get(size) !== root);
}

/** Of a signature that was cut off, what is left may look like one. */
function isCutOff({ signatures }: SignedNote): boolean {
  return signatures.at(-1)!.signature.length < ED25519_BYTES;
}

/** A piece of the file, and what it says; `undefined`: it is no note. */
interface Piece {
  readonly note: string;
  readonly signed: SignedNote | undefined;
}

function* notesIn(text: string): Iterable<Piece> {
  const pieces = text.replaceAll("\r\n", "\n").split(/\n{2,}/).filter((piece) => piece !== "");
  for (let at = 0; at < pieces.length; at++) {
    const [head, tail] = [pieces[at]!.trim(), pieces[at + 1]?.trim()];
    const note = `${head}\n\n${tail ?? ""}\n`;
    const signed = parseNote(note);
    yield { note, signed };
    if (signed) at++;
  }
}
