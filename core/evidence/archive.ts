/**
 * A log in files of so many rows each, to be kept elsewhere: a first line with a proof that these rows are
 * in the log of a checkpoint, and then the rows as in an exported log. As the rows of a file are a complete
 * subtree of the log's tree, one proof stands for all of them, and every file is proved by itself.
 */
import { z } from "zod";
import { jsonIn } from "../log/json_in.ts";
import { isWritten } from "../log/mod.ts";
import type { Sha256 } from "../log/mod.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { parseNote, parseVerifierKey } from "./note.ts";
import { inclusionPath, provesInclusion } from "./proofs.ts";
import type { SignedHead } from "./signed_head.ts";
import { isPowerOfTwo } from "./tree.ts";
import type { LeafRange, TreeHash } from "./tree.ts";

/** Rows of a file; a power of two. */
export const ARCHIVE_ROWS = 65_536;
/** Fewer are not worth a file; a power of two. */
export const ARCHIVE_ROWS_MIN = 1_024;
/** More are no help; a power of two. */
export const ARCHIVE_ROWS_MAX = 16_777_216;

/** What the first line says. */
export interface ArchiveHead extends SignedHead {
  /** Rows of the log before these. */
  readonly begin: number;
  /** How many there are: a power of two. */
  readonly rows: number;
  /** From the root over these rows to the root of the checkpoint. */
  readonly proof: readonly TreeHash[];
}

const headSchema = z.strictObject({
  begin: z.int().min(0),
  checkpoint: z.string(),
  key: z.string(),
  proof: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(64),
  rows: z.int().min(ARCHIVE_ROWS_MIN).max(ARCHIVE_ROWS_MAX).refine(isPowerOfTwo),
});

/** The first line. */
export function archiveHeadLine(
  { begin, rows }: Pick<ArchiveHead, "begin" | "rows">,
  proof: readonly TreeHash[],
  checkpoint: string,
  key: string,
): string {
  return JSON.stringify({ begin, checkpoint, key, proof, rows });
}

/** Reads the first line; `undefined`: it is none. */
export function readArchiveHead(line: string, sha256: Sha256): ArchiveHead | undefined {
  const said = headSchema.safeParse(jsonIn(line));
  if (!said.success) return undefined;
  const { begin, rows, proof } = said.data;
  if (!isWritten(line, archiveHeadLine(said.data, proof, said.data.checkpoint, said.data.key))) {
    return undefined;
  }
  const note = parseNote(said.data.checkpoint);
  const checkpoint = note && parseCheckpoint(note.text);
  const key = parseVerifierKey(said.data.key, sha256);
  return checkpoint && key && { begin, rows, proof, note, checkpoint, key };
}

/** The rows below each hash of the proof, in its order: the log is a tree of such files. */
export function archivePath(begin: number, rows: number, size: number): LeafRange[] {
  return inclusionPath(begin / rows, Math.ceil(size / rows))
    .map(([from, to]) => [from * rows, Math.min(to * rows, size)]);
}

/** Whether the rows with that root are in the log of the checkpoint, and in that place. */
export function provesArchived(
  { begin, rows, proof: path, checkpoint: { size, root } }: ArchiveHead,
  leaf: TreeHash,
  sha256: Sha256,
): boolean {
  if (begin % rows > 0 || begin + rows > size) return false;
  const inclusion = { index: begin / rows, leaf, size: Math.ceil(size / rows), root, path };
  return provesInclusion(inclusion, sha256);
}
