/**
 * The tree over the log (`core/evidence/tree.ts`) in a table: the complete subtrees of every eighth level.
 * Any other subtree is made of at most 128 of these, or of the rows themselves; so size, root and every
 * proof are had without reading the log.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { toHex } from "../../core/mod.ts";
import { StoreError } from "../../core/engine/mod.ts";
import { foldHashes, GrowingTree, leavesOf, subtreesOf } from "../../core/evidence/mod.ts";
import type { LeafRange, Subtree, TreeHash } from "../../core/evidence/mod.ts";
import { sha256 } from "./sha256.ts";

/** The levels that are kept are multiples of it. */
const STRIDE = 8;
const KEPT_LEAVES = leavesOf(STRIDE);

const NONE: readonly KeptSubtree[] = [];

/** A row of the table. */
export interface KeptSubtree extends Subtree {
  readonly hash: TreeHash;
}

/** A tree without leaves. */
export function emptyTree(): GrowingTree {
  return new GrowingTree(sha256);
}

/** A tree that grows by itself from there on. */
export function copyOf({ size, edge }: GrowingTree): GrowingTree {
  return new GrowingTree(sha256, size, edge);
}

/** The tree over the first rows of a database. @throws {StoreError} when it is damaged. */
export function treeFrom(reader: TreeReader, size: number): GrowingTree {
  return new GrowingTree(sha256, size, reader.edge(size));
}

/** Adds the next leaf; the subtrees that are complete with it and are to be kept. */
export function grow(tree: GrowingTree, leaf: TreeHash): readonly KeptSubtree[] {
  const size = tree.size + 1;
  const kept = size % KEPT_LEAVES === 0 ? completedBy(tree, leaf) : NONE;
  tree.add(leaf);
  return kept;
}

/** The last subtree of a level lacks the leaf alone: there is one of each lower level at the edge. */
function completedBy({ size, edge }: GrowingTree, leaf: TreeHash): KeptSubtree[] {
  const kept: KeptSubtree[] = [];
  let [level, leaves] = [STRIDE, KEPT_LEAVES];
  for (; (size + 1) % leaves === 0; level += STRIDE, leaves *= KEPT_LEAVES) {
    const hash = foldHashes([...edge.slice(-level), leaf], sha256);
    kept.push({ level, index: (size + 1) / leaves - 1, hash });
  }
  return kept;
}

/** Writes the table as the log grows. */
export class TreeWriter {
  readonly #insert: StatementSync;

  /** The table exists. */
  constructor(database: DatabaseSync) {
    this.#insert = database.prepare("insert into tree (level, idx, hash) values (?, ?, ?)");
  }

  /** Adds the next row, by its hash, and writes what it completes. */
  add(tree: GrowingTree, rowHash: string): void {
    for (const { level, index, hash } of grow(tree, toHex(rowHash))) {
      this.#insert.run(level, index, hash);
    }
  }
}

/** Reads any part of the tree, on any connection: as of its snapshot, if it has one. */
export class TreeReader {
  readonly #leaves: StatementSync;
  readonly #kept: StatementSync;

  /** The tables exist. */
  constructor(database: DatabaseSync) {
    this.#leaves = database.prepare(
      "select hash from events where seq > ? and seq <= ? order by seq",
    );
    this.#kept = database.prepare(
      "select hash from tree where level = ? and idx >= ? and idx < ? order by idx",
    );
  }

  /**
   * The hash of these rows, a range as a proof has it; at most 256 reads of each level that is kept.
   *
   * @throws {StoreError} when there are not so many rows, or what is kept of them is damaged.
   */
  hashOf(range: LeafRange): TreeHash {
    return foldHashes(subtreesOf(range).map((subtree) => this.#hashOf(subtree)), sha256);
  }

  /** The root over the first rows. @throws {StoreError} as `hashOf`. */
  root(size: number): TreeHash {
    return this.hashOf([0, size]);
  }

  /** The complete subtrees that the first rows are made of, largest first. @throws {StoreError} */
  edge(size: number): TreeHash[] {
    return subtreesOf([0, size]).map((subtree) => this.#hashOf(subtree));
  }

  #hashOf({ level, index }: Subtree): TreeHash {
    const above = level % STRIDE;
    const count = leavesOf(above);
    const tree = emptyTree();
    for (const hash of this.#nodes(level - above, index * count, count)) tree.add(hash);
    return tree.root;
  }

  /** Neighbours of a level that is kept, or rows. */
  #nodes(level: number, begin: number, count: number): TreeHash[] {
    const end = begin + count;
    const hashes = level === 0
      ? this.#leaves.all(begin, end).flatMap(({ hash }) => leafOf(hash) ?? [])
      : this.#kept.all(level, begin, end).flatMap(({ hash }) => digitsOf(hash) ?? []);
    const leaves = leavesOf(level);
    if (hashes.length < count) throw damaged(begin * leaves + 1, end * leaves);
    return hashes;
  }
}

/** The leaf that the stored hash of a row is; `undefined`: it is no hash. */
export function leafOf(hash: unknown): TreeHash | undefined {
  const text = String(hash);
  return text.startsWith("sha256:") ? digitsOf(toHex(text)) : undefined;
}

function digitsOf(hash: unknown): TreeHash | undefined {
  const text = String(hash);
  return /^[0-9a-f]{64}$/.test(text) ? text : undefined;
}

/** A log is not continued or proved by what does not hang together. */
export function damaged(first: number, last: number): StoreError {
  return new StoreError(
    "io",
    `The log is damaged, or its tree, between row ${first} and row ${last}. ` +
      'Look at it with "deno task replay" and restore a backup.',
  );
}
