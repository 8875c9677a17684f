/**
 * Checkpoints (C2SP tlog-checkpoint): which log, how many rows, and the root of the tree over them. One
 * that somebody else keeps shows every later edit of what is below it.
 */
import type { TreeHash } from "./tree.ts";

/** How far a log was, and what was in it. */
export interface Checkpoint {
  /** Which log: `otalog/{id of the log}`. */
  readonly origin: string;
  /** Rows. */
  readonly size: number;
  readonly root: TreeHash;
}

/** The origin of a log's checkpoints, and the name of the key that signs them. */
export function originOf(log: string): string {
  return `otalog/${log}`;
}

/** What is signed. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Uint8Array.fromHex(root).toBase64()}\n`;
}

/** Reads it; `undefined`: it is none. Lines that may follow say nothing to us. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [, origin, size, base64] =
    /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*$/.exec(text) ?? [];
  if (origin === undefined || base64 === undefined) return undefined;
  const count = Number(size);
  if (!Number.isSafeInteger(count)) return undefined;
  return { origin, size: count, root: Uint8Array.fromBase64(base64).toHex() };
}
