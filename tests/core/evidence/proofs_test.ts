import assert from "node:assert/strict";
import {
  consistencyPath,
  foldHashes,
  GrowingTree,
  inclusionPath,
  nodeHash,
  provesConsistency,
  provesInclusion,
  subtreesOf,
} from "../../../core/evidence/mod.ts";
import type { LeafRange, Subtree } from "../../../core/evidence/mod.ts";
import { sha256 } from "../support/bench_engine.ts";

const SIZE_MAX = 1_024;
const leaves = Array.from(
  { length: SIZE_MAX },
  (_, nth) => sha256(Uint8Array.of(0, nth, nth >> 8)),
);

/** MTH, as RFC 9162 §2.1.1 defines it. */
const hashes = new Map<number, string>();
function mth(begin: number, end: number): string {
  const key = begin * (SIZE_MAX + 1) + end;
  const known = hashes.get(key);
  if (known !== undefined) return known;
  const count = end - begin;
  const hash = count === 0
    ? sha256(new Uint8Array())
    : count === 1
    ? leaves[begin]!
    : nodeHash(mth(begin, begin + below(count)), mth(begin + below(count), end), sha256);
  hashes.set(key, hash);
  return hash;
}

/** The largest power of two below. */
function below(count: number): number {
  return 1 << (31 - Math.clz32(count - 1));
}

/** PATH, as RFC 9162 §2.1.3.1 defines it. */
function pathOf(m: number, begin: number, end: number): string[] {
  if (end - begin <= 1) return [];
  const k = below(end - begin);
  return m < k
    ? [...pathOf(m, begin, begin + k), mth(begin + k, end)]
    : [...pathOf(m - k, begin + k, end), mth(begin, begin + k)];
}

/** SUBPROOF, as RFC 9162 §2.1.4.1 defines it. */
function subproofOf(m: number, begin: number, end: number, isWhole: boolean): string[] {
  const n = end - begin;
  if (m === n) return isWhole ? [] : [mth(begin, end)];
  const k = below(n);
  return m <= k
    ? [...subproofOf(m, begin, begin + k, isWhole), mth(begin + k, end)]
    : [...subproofOf(m - k, begin + k, end, false), mth(begin, begin + k)];
}

/** As an adapter does it: from the hashes of complete subtrees. */
const hashOf = ({ level, index }: Subtree) => mth(index << level, (index + 1) << level);
const rangeHash = (range: LeafRange) => foldHashes(subtreesOf(range).map(hashOf), sha256);

Deno.test("GrowingTree has the root of RFC 9162 §2.1.1 at every size from 0 to 1,024", () => {
  const tree = new GrowingTree(sha256);
  for (let size = 0; size <= SIZE_MAX; size++) {
    assert.equal(tree.root, mth(0, size), `${size}`);
    assert.deepEqual(tree.edge, subtreesOf([0, size]).map(hashOf));
    const again = new GrowingTree(sha256, size, tree.edge);
    if (size === SIZE_MAX) break;
    tree.add(leaves[size]!);
    again.add(leaves[size]!);
    assert.deepEqual([again.size, again.root], [tree.size, tree.root], "gone on with");
  }
});

Deno.test("inclusionPath() is PATH of RFC 9162 §2.1.3.1 for every leaf of every size, and proves it", () => {
  for (let size = 0; size <= SIZE_MAX; size++) {
    const root = mth(0, size);
    for (let index = 0; index < size; index++) {
      const path = inclusionPath(index, size).map(rangeHash);
      const expected = pathOf(index, 0, size);
      if (path.join() !== expected.join()) assert.deepEqual(path, expected, `${index} of ${size}`);
      const proof = { index, leaf: leaves[index]!, size, root, path };
      if (!provesInclusion(proof, sha256)) assert.fail(`${index} of ${size} is not proved`);
    }
  }
});

Deno.test("consistencyPath() is PROOF of RFC 9162 §2.1.4.1 for every two sizes, and proves it", () => {
  for (let to = 0; to <= SIZE_MAX; to++) {
    for (let from = 0; from <= to; from++) {
      const path = consistencyPath(from, to).map(rangeHash);
      const expected = from === 0 ? [] : subproofOf(from, 0, to, true);
      if (path.join() !== expected.join()) assert.deepEqual(path, expected, `${from} to ${to}`);
      const proof = { from, fromRoot: mth(0, from), to, toRoot: mth(0, to), path };
      if (!provesConsistency(proof, sha256)) assert.fail(`${from} to ${to} is not proved`);
    }
  }
});

Deno.test("provesInclusion() and provesConsistency() take nothing that is not so", () => {
  const other = "ab".repeat(32);
  for (const size of [1, 2, 3, 7, 8, 9, 100]) {
    for (let index = 0; index < size; index++) {
      const path = inclusionPath(index, size).map(rangeHash);
      const proof = { index, leaf: leaves[index]!, size, root: mth(0, size), path };
      const lies = [
        { ...proof, leaf: other },
        { ...proof, root: other },
        { ...proof, index: size },
        { ...proof, index: -1 },
        { ...proof, path: [...path, other] },
        ...path.map((_, nth) => ({ ...proof, path: path.with(nth, other) })),
        ...path.map((_, nth) => ({ ...proof, path: path.toSpliced(nth, 1) })),
        ...(size > 1 ? [{ ...proof, index: (index + 1) % size }] : []),
      ];
      for (const lie of lies) {
        assert.equal(provesInclusion(lie, sha256), false, JSON.stringify(lie));
      }
    }
    for (let from = 1; from < size; from++) {
      const path = consistencyPath(from, size).map(rangeHash);
      const proof = { from, fromRoot: mth(0, from), to: size, toRoot: mth(0, size), path };
      const lies = [
        { ...proof, fromRoot: other },
        { ...proof, toRoot: other },
        { ...proof, to: from - 1 },
        { ...proof, path: [...path, other] },
        ...path.map((_, nth) => ({ ...proof, path: path.with(nth, other) })),
        ...path.map((_, nth) => ({ ...proof, path: path.toSpliced(nth, 1) })),
      ];
      for (const lie of lies) {
        assert.equal(provesConsistency(lie, sha256), false, JSON.stringify(lie));
      }
    }
  }
});
