/**
 * Proofs (RFC 9162 §2.1.3 and §2.1.4): which hashes of the tree they consist of, and what they prove.
 * Where those hashes are read from is an adapter's business.
 */
import type { Sha256 } from "../log/mod.ts";
import { isPowerOfTwo, nodeHash } from "./tree.ts";
import type { LeafRange, TreeHash } from "./tree.ts";

/** That a leaf is in a tree. */
export interface Inclusion {
  /** Its place, from 0. */
  readonly index: number;
  readonly leaf: TreeHash;
  /** Leaves of the tree. */
  readonly size: number;
  readonly root: TreeHash;
  /** From the leaf to the root. */
  readonly path: readonly TreeHash[];
}

/** That a tree only grew. */
export interface Consistency {
  /** Leaves of the older tree. */
  readonly from: number;
  readonly fromRoot: TreeHash;
  /** Leaves of the newer tree. */
  readonly to: number;
  readonly toRoot: TreeHash;
  readonly path: readonly TreeHash[];
}

/** The leaves below each hash of an inclusion proof, in its order: PATH of RFC 9162 §2.1.3.1. */
export function inclusionPath(index: number, size: number): LeafRange[] {
  const path: LeafRange[] = [];
  for (let [begin, end] = [0, size]; end - begin > 1;) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      path.push([middle, end]);
      end = middle;
    } else {
      path.push([begin, middle]);
      begin = middle;
    }
  }
  return path.reverse();
}

/** The leaves below each hash of a consistency proof: PROOF of RFC 9162 §2.1.4.1. */
export function consistencyPath(from: number, to: number): LeafRange[] {
  if (from === 0 || from === to) return [];
  const path: LeafRange[] = [];
  let [begin, end] = [0, to];
  while (from !== end) {
    const middle = begin + splitOf(end - begin);
    if (from <= middle) {
      path.push([middle, end]);
      end = middle;
    } else {
      path.push([begin, middle]);
      begin = middle;
    }
  }
  // The older tree as a whole is known to whoever asks.
  if (begin > 0) path.push([begin, end]);
  return path.reverse();
}

/** Whether the proof holds (RFC 9162 §2.1.3.2). */
export function provesInclusion(
  { index, leaf, size, root, path }: Inclusion,
  sha256: Sha256,
): boolean {
  if (index < 0 || index >= size) return false;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(p, hash, sha256);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else hash = nodeHash(hash, p, sha256);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && hash === root;
}

/** Whether the proof holds (RFC 9162 §2.1.4.2). */
export function provesConsistency(
  { from, fromRoot, to, toRoot, path }: Consistency,
  sha256: Sha256,
): boolean {
  if (from > to || from < 0) return false;
  if (from === to) return path.length === 0 && fromRoot === toRoot;
  // Every tree grew out of none.
  if (from === 0) return path.length === 0;
  let [fn, sn] = [from - 1, to - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...path] : path;
  if (first === undefined) return false;
  let [older, newer] = [first, first];
  for (const c of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      older = nodeHash(c, older, sha256);
      newer = nodeHash(c, newer, sha256);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else newer = nodeHash(newer, c, sha256);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && older === fromRoot && newer === toRoot;
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let power = 1;
  while (2 * power < count) power *= 2;
  return power;
}

/** Sizes of logs are beyond 32 bits, which shifts are not. */
function half(count: number): number {
  return Math.floor(count / 2);
}
