/** The checkpoint of a log that proofs are for. */
import { checkpointText, keyIn, newestOf, noteText, readKept } from "../../../core/evidence/mod.ts";
import type {
  KeptCheckpoint,
  LeafRange,
  TreeHash,
  VerifierKey,
  VerifyEd25519,
} from "../../../core/evidence/mod.ts";
import type { StoredCells } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";

/** A log as it is at one moment. */
export interface ExportedLog {
  /** How many rows there are. */
  readonly count: number;
  /** Its rows in the order of `seq`: so many behind so many, or all. */
  rows(after?: number, count?: number): Iterable<StoredCells>;
  /** The rows of a stream. */
  rowsOf(stream: string): Iterable<StoredCells>;
  /** The hash over these rows. @throws {Error} when they are damaged. */
  hashOf(range: LeafRange): TreeHash;
}

/** The key that speaks for the log, as its first row says. @throws {Error} */
export function keyOf(log: ExportedLog, data: string): VerifierKey {
  const [first] = log.rows(0, 1);
  const key = first && keyIn(first, sha256);
  if (key) return key;
  throw new Error(`Cannot use ${data}: its log does not begin as one. Look with deno task replay.`);
}

/** One that is made of all there is now. */
export function newCheckpoint(
  log: ExportedLog,
  key: VerifierKey,
  sign: (bytes: Uint8Array) => Uint8Array,
): KeptCheckpoint {
  const [origin, size] = [key.name, log.count];
  const checkpoint = { origin, size, root: log.hashOf([0, size]) };
  return { ...checkpoint, note: noteText(checkpointText(checkpoint), key, sign, sha256) };
}

/** The last one in the text of a file, which the log has grown out of. @throws {Error} */
export function lastCheckpoint(
  log: ExportedLog,
  key: VerifierKey,
  kept: { readonly file: string; readonly text: string },
  verify: VerifyEd25519,
): KeptCheckpoint {
  const { file, text } = kept;
  const last = newestOf(readKept(text, key, verify, sha256).checkpoints);
  if (!last) {
    throw new Error(
      `Cannot use ${file}: there is no checkpoint of this log in it. Name checkpoints of ${key.name}.`,
    );
  }
  const { size, root } = last;
  if (size <= log.count && log.hashOf([0, size]) === root) return last;
  throw new Error(
    `Cannot prove anything for the checkpoint of row ${size} in ${file}: the log has other rows. ` +
      "Somebody edited it, or an older copy of it is in its place.",
  );
}
