/** Parts of a log are proved by themselves, each as a whole. */
import assert from "node:assert/strict";
import {
  archivePath,
  foldHashes,
  GrowingTree,
  provesArchived,
  subtreesOf,
} from "../../../core/evidence/mod.ts";
import type { ArchiveHead, LeafRange } from "../../../core/evidence/mod.ts";
import { sha256 } from "../support/bench_engine.ts";

const leaves = Array.from({ length: 300 }, (_, n) => sha256(Uint8Array.of(0, n & 255, n >> 8)));

const stranger = sha256(Uint8Array.of(9));

function rootOf([begin, end]: LeafRange): string {
  const tree = new GrowingTree(sha256);
  for (const leaf of leaves.slice(begin, end)) tree.add(leaf);
  return foldHashes(tree.edge.slice(0, subtreesOf([begin, end]).length), sha256);
}

function headOf(begin: number, rows: number, size: number): ArchiveHead {
  const proof = archivePath(begin, rows, size).map(rootOf);
  const checkpoint = { origin: "otalog/test", size, root: rootOf([0, size]) };
  const key = { name: "otalog/test", publicKey: new Uint8Array(32) };
  return { begin, rows, proof, checkpoint, key, note: { text: "", signatures: [] } };
}

Deno.test("provesArchived() proves every part of every log, and takes no other in its place", () => {
  for (const rows of [1, 2, 4, 8, 64]) {
    for (let size = rows; size <= 300; size += size < 20 ? 1 : 29) {
      for (let begin = 0; begin + rows <= size; begin += rows) {
        const head = headOf(begin, rows, size);
        const root = rootOf([begin, begin + rows]);
        assert.ok(provesArchived(head, root, sha256), `${begin} of ${size}, ${rows} rows`);
        assert.ok(!provesArchived(head, stranger, sha256));
        const elsewhere = begin + rows + rows <= size ? begin + rows : begin - rows;
        if (elsewhere < 0) continue;
        assert.ok(!provesArchived({ ...head, begin: elsewhere }, root, sha256));
        assert.ok(!provesArchived({ ...head, proof: head.proof.slice(1) }, root, sha256));
      }
    }
  }
});

Deno.test("provesArchived() takes no part that is not whole below the checkpoint, or begins within another", () => {
  const head = headOf(0, 64, 300);
  const root = rootOf([0, 64]);
  assert.ok(!provesArchived({ ...head, begin: 1 }, root, sha256));
  assert.ok(!provesArchived({ ...head, begin: 256 }, rootOf([256, 300]), sha256));
});
