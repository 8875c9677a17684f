/** A log that somebody edited, and what finds it. */
import assert from "node:assert/strict";
import { hashBytes } from "../../../core/log/mod.ts";
import type { ExportedRow, SealedRow } from "../../../core/log/mod.ts";
import { contradictedIn, GrowingTree, LogCheck, Segment } from "../../../core/evidence/mod.ts";
import type { Checkpoint, LogFault } from "../../../core/evidence/mod.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import { Random } from "../../../core/simulation/chance/random.ts";
import { sha256 } from "../support/bench_engine.ts";
import { ports } from "../support/simulation.ts";

const SEGMENT_ROWS = 64;

const { rows } = await simulate({ seed: 7, devices: 4, hours: 1, upgrades: 10 }, ports);

/** The checkpoint over the first rows. */
function checkpointAt(size: number): Checkpoint {
  const tree = new GrowingTree(sha256);
  for (const { hash } of rows.slice(0, size)) tree.add(hash.slice("sha256:".length));
  return { origin: "otalog/test", size, root: tree.root };
}

/** What is wrong with the rows, if anything is. */
function check(
  found: readonly ExportedRow[],
  checkpoints: readonly Checkpoint[],
  segmentRows = SEGMENT_ROWS,
): { fault: LogFault | undefined; check: LogCheck } {
  const check = new LogCheck(sha256, checkpoints);
  const marks = checkpoints.map(({ size }) => size);
  for (let begin = 0; begin < found.length; begin += segmentRows) {
    const segment = new Segment(sha256, begin, marks);
    for (const row of found.slice(begin, begin + segmentRows)) {
      const fault = segment.take(row);
      if (fault) return { fault, check };
    }
    const fault = check.take(segment.summary);
    if (fault) return { fault, check };
  }
  return { fault: check.end(), check };
}

const half = Math.floor(rows.length / 2);
const checkpoints = [checkpointAt(half), checkpointAt(rows.length)];

Deno.test("LogCheck: an honest log holds, however it is cut into segments", () => {
  for (const segmentRows of [1, 2, 64, 4_096]) {
    const { fault, check: { rows: count, proved, root } } = check(rows, checkpoints, segmentRows);
    assert.equal(fault, undefined);
    assert.deepEqual([count, proved], [rows.length, rows.length]);
    assert.equal(root, checkpoints[1]!.root);
  }
  assert.equal(check(rows, [checkpoints[0]!]).check.proved, half);
  assert.equal(check(rows, []).check.proved, 0);
});

Deno.test("LogCheck: a checkpoint is compared, whatever its size, or the log does not hold", () => {
  const [first] = checkpoints;
  assert.equal(check(rows, [{ ...first!, size: 0 }, ...checkpoints]).fault, undefined);
  const unasked = new LogCheck(sha256, [first!]);
  const segment = new Segment(sha256, 0);
  for (const row of rows) segment.take(row);
  assert.equal(unasked.take(segment.summary)?.what, "root");
});

Deno.test("LogCheck takes many checkpoints one by one, and none makes the next slower", () => {
  const first = checkpointAt(1);
  const many = new LogCheck(sha256, Array.from({ length: 300_000 }, () => first));
  const segment = new Segment(sha256, 0, [1]);
  segment.take(rows[0]!);
  const started = performance.now();
  assert.equal(many.take(segment.summary), undefined);
  assert.deepEqual([many.proved, many.end()], [1, undefined]);
  // A thirtieth of a second; to move all that are left at each of them takes the better part of a minute.
  assert.ok(performance.now() - started < 10_000);
});

Deno.test("contradictedIn() finds the checkpoint of one size that has another root", () => {
  const [first, second] = checkpoints;
  assert.equal(contradictedIn([first!, second!, first!]), undefined);
  const other = { ...first!, root: second!.root };
  assert.equal(contradictedIn([first!, second!, other]), other);
});

/** Hashes that fit again, from the row on. */
function rehashed(edited: readonly SealedRow[], from: number): SealedRow[] {
  const heads = new Map<string, string>();
  return edited.map((row, nth) => {
    if (nth < from) return heads.set(row.stream, row.hash), row;
    const header = JSON.parse(row.bytes);
    const prev = heads.get(row.stream) ?? null;
    const bytes = JSON.stringify({ ...header, prev, seq: nth + 1 });
    const hash = hashBytes(bytes, sha256);
    heads.set(row.stream, hash);
    return { ...row, bytes, hash };
  });
}

const edits: Readonly<Record<string, (random: Random, at: number) => SealedRow[]>> = {
  flip: (random, at) => {
    const row = rows[at]!;
    const member = random.pick(["bytes", "data", "salt", "hash"] as const);
    const text = row[member];
    const place = random.below(text.length);
    const other = text[place] === "7" ? "8" : "7";
    const flipped = text.slice(0, place) + other + text.slice(place + 1);
    return rows.with(at, { ...row, [member]: flipped });
  },
  delete: (_, at) => rows.toSpliced(at, 1),
  swap: (random, at) => {
    const other = (at + random.between(1, rows.length - 1)) % rows.length;
    return rows.with(at, rows[other]!).with(other, rows[at]!);
  },
  insert: (random, at) => rows.toSpliced(at, 0, rows[random.below(rows.length)]!),
  truncate: (_, at) => rows.slice(0, at),
  rewrite: (_, at) => {
    const header = JSON.parse(rows[at]!.bytes);
    const bytes = JSON.stringify({ ...header, at: header.at + 1 });
    return rehashed(rows.with(at, { ...rows[at]!, bytes }), at);
  },
  rewriteWithout: (_, at) => rehashed(rows.toSpliced(at, 1), at),
};

for (const [name, edit] of Object.entries(edits)) {
  Deno.test(`LogCheck finds every ${name}, and says where`, () => {
    const random = new Random(1);
    for (let n = 0; n < 200; n++) {
      const at = random.below(rows.length);
      const { fault } = check(edit(random, at), checkpoints);
      assert.ok(fault, `${name} at ${at + 1}`);
      // Where hashes fit, a checkpoint shows it, and it is between that and the one before.
      const from = fault.what === "root" ? (at < half ? 1 : half + 1) : undefined;
      if (from !== undefined) assert.equal(fault.seq, from, `${name} at ${at + 1}`);
      else assert.ok(fault.seq <= rows.length + 1, `${name} at ${at + 1}: ${fault.seq}`);
    }
  });
}
