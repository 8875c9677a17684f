/**
 * The Merkle tree over a log (RFC 9162 §2.1): its leaves are the hashes of the rows in the order of
 * `seq`, and a complete subtree, once hashed, never changes.
 */
import type { Sha256 } from "../log/mod.ts";

/** A hash of the tree: 64 lowercase hexadecimal digits. */
export type TreeHash = string;

/** A complete subtree: leaves `[index · 2^level, (index + 1) · 2^level)`. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** Leaves `[begin, end)`. */
export type LeafRange = readonly [begin: number, end: number];

/** Keeps a node apart from a leaf (RFC 9162 §2.1.1). */
const NODE = 1;
const HASH_BYTES = 32;

/** Written anew for each hash: one for each row there is. */
const node = new Uint8Array(1 + 2 * HASH_BYTES);
const [leftPart, rightPart] = [node.subarray(1, 1 + HASH_BYTES), node.subarray(1 + HASH_BYTES)];
node[0] = NODE;

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: TreeHash, right: TreeHash, sha256: Sha256): TreeHash {
  leftPart.setFromHex(left);
  rightPart.setFromHex(right);
  return sha256(node);
}

/** The complete subtrees that leaves from a multiple of their number on are made of, largest first. */
export function subtreesOf([begin, end]: LeafRange): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let from = begin; from < end;) {
    let [level, leaves] = [0, 1];
    while (2 * leaves <= end - from) [level, leaves] = [level + 1, 2 * leaves];
    subtrees.push({ level, index: from / leaves });
    from += leaves;
  }
  return subtrees;
}

/** The hash of what is made of these, largest first: MTH of RFC 9162 §2.1.1. */
export function foldHashes(hashes: readonly TreeHash[], sha256: Sha256): TreeHash {
  const last = hashes.at(-1);
  if (last === undefined) return sha256(new Uint8Array());
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right, sha256), last);
}

/** A tree that grows by leaves at its right edge; what it keeps is logarithmic in its size. */
export class GrowingTree {
  readonly #sha256: Sha256;
  readonly #edge: TreeHash[];
  #size: number;

  /** `edge`: the hashes of {@link subtreesOf} `[0, size)`. */
  constructor(sha256: Sha256, size = 0, edge: readonly TreeHash[] = []) {
    this.#sha256 = sha256;
    this.#size = size;
    this.#edge = [...edge];
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** The hash of all leaves. */
  get root(): TreeHash {
    return foldHashes(this.#edge, this.#sha256);
  }

  /** The hashes of the complete subtrees that it is made of, largest first. */
  get edge(): readonly TreeHash[] {
    return this.#edge;
  }

  /**
   * Adds a leaf, which is SHA-256(0x00 ‖ what it holds), or a complete subtree of `2^level` leaves; the
   * leaves so far are a multiple of these.
   */
  add(hash: TreeHash, level = 0): void {
    const leaves = leavesOf(level);
    let node = hash;
    // Each one at the end of the leaves so far closes a subtree of twice the size.
    for (let rest = this.#size / leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(this.#edge.pop()!, node, this.#sha256);
    }
    this.#edge.push(node);
    this.#size += leaves;
  }
}

/** How many leaves a complete subtree has. */
export function leavesOf(level: number): number {
  let leaves = 1;
  for (let n = 0; n < level; n++) leaves *= 2;
  return leaves;
}

/** Whether it is the number of leaves of a complete subtree. */
export function isPowerOfTwo(count: number): boolean {
  let power = 1;
  while (power < count) power *= 2;
  return power === count;
}
