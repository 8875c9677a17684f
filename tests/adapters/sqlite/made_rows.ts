/** Rows by the thousand, which mean nothing: for what looks at their hashes alone. */
import { hashBytes } from "../../../core/mod.ts";
import type { SealedRow } from "../../../core/mod.ts";
import type { Write } from "../../../core/engine/mod.ts";
import { GrowingTree, leavesOf, subtreesOf } from "../../../core/evidence/mod.ts";
import { foldHashes } from "../../../core/evidence/mod.ts";
import type { LeafRange, Subtree, TreeHash } from "../../../core/evidence/mod.ts";
import { sha256 } from "./folder.ts";

/** The row of that number, of one stream that has all of them. */
export function madeRow(seq: number): SealedRow {
  const bytes = `{"at":1,"epoch":1,"log":"00","seq":${seq}}`;
  const row = { seq, stream: "engine", version: seq, bytes, data: "{}", salt: "00" };
  return { ...row, hash: hashBytes(bytes, sha256), personal: null };
}

/** Rows after so many, in one write. */
export function madeWrite(after: number, count: number): Write {
  const rows = Array.from({ length: count }, (_, nth) => madeRow(after + nth + 1));
  return { stream: "engine", expectedVersion: after, rows, models: {} };
}

/** Every complete subtree over the first made rows, in memory. */
export class MadeTree {
  readonly #levels: TreeHash[][] = [];

  constructor(size: number) {
    let level = Array.from({ length: size }, (_, nth) => madeRow(nth + 1).hash.slice(7));
    for (; level.length > 0; level = pairs(level)) this.#levels.push(level);
  }

  /** The hash of any rows of which a proof has one. */
  hashOf(range: LeafRange): TreeHash {
    return foldHashes(this.#subtrees(range), sha256);
  }

  /** What it looks like after so many rows. */
  grown(size: number): GrowingTree {
    return new GrowingTree(sha256, size, this.#subtrees([0, size]));
  }

  #subtrees(range: LeafRange): TreeHash[] {
    return subtreesOf(range).map(({ level, index }: Subtree) => this.#levels[level]![index]!);
  }
}

/** The level above, as far as it is complete. */
function pairs(level: readonly TreeHash[]): TreeHash[] {
  const above = Array.from({ length: Math.floor(level.length / 2) }, (_, nth) => {
    const tree = new GrowingTree(sha256);
    tree.add(level[2 * nth]!);
    tree.add(level[2 * nth + 1]!);
    return tree.root;
  });
  return above;
}

/** The rows of the table `tree` over the first made rows. */
export function keptOf(tree: MadeTree, size: number): object[] {
  const kept: object[] = [];
  for (let level = 8; leavesOf(level) <= size; level += 8) {
    const leaves = leavesOf(level);
    for (let idx = 0; (idx + 1) * leaves <= size; idx++) {
      kept.push({ level, idx, hash: tree.hashOf([idx * leaves, (idx + 1) * leaves]) });
    }
  }
  return kept;
}
