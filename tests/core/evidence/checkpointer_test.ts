import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { Checkpointer, GrowingTree, logKeyOf, readKept } from "../../../core/evidence/mod.ts";
import type { Checkpoint, LogTree, VerifyEd25519 } from "../../../core/evidence/mod.ts";
import { StoreError } from "../../../core/engine/mod.ts";
import { bench, ManualClock, settle, sha256 } from "../support/bench_engine.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const PACE = { rows: 100, ms: 5 * MINUTE };

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const raw = Uint8Array.fromBase64(String(publicKey.export({ format: "jwk" }).x), {
  alphabet: "base64url",
});
const key = logKeyOf(raw, sha256);
const verifies: VerifyEd25519 = (_, bytes, signature) => verify(null, bytes, publicKey, signature);

/** What the notes say; each of them is signed. */
function read(...notes: (string | undefined)[]): readonly Checkpoint[] {
  const kept = readKept(notes.join("\n"), key, verifies, sha256);
  assert.deepEqual([kept.broken, kept.forged, kept.others], [0, [], 0]);
  return kept.checkpoints;
}

/** A tree over rows that a test makes, and may take back. */
class TestTree implements LogTree {
  rows: string[] = [];
  fails: string | undefined;
  looks = 0;

  get size(): number {
    return this.rows.length;
  }

  rootAt(size: number): Promise<string> {
    this.looks++;
    if (this.fails) return Promise.reject(new StoreError("io", this.fails));
    const tree = new GrowingTree(sha256);
    for (const row of this.rows.slice(0, size)) tree.add(row);
    return Promise.resolve(tree.root);
  }

  grow(count: number, salt = ""): void {
    const next = (n: number) => sha256(new TextEncoder().encode(`${this.size + n}${salt}`));
    this.rows.push(...Array.from({ length: count }, (_, n) => next(n)));
  }
}

class Stage {
  readonly clock = new ManualClock();
  readonly tree = new TestTree();
  readonly told: string[] = [];
  readonly published: string[] = [];
  publish: (note: string) => Promise<void> = () => Promise.resolve();
  readonly checkpointer: Checkpointer;

  constructor(known?: Checkpoint, rows = 2) {
    this.tree.grow(rows);
    this.checkpointer = new Checkpointer({
      clock: this.clock,
      tree: this.tree,
      sha256,
      sign: (bytes) => sign(null, bytes, privateKey),
      publish: async (note) => {
        await this.publish(note);
        this.published.push(note);
      },
      tell: (sentence) => void this.told.push(sentence),
    }, { key, pace: PACE, known });
  }

  static async started(): Promise<Stage> {
    const stage = new Stage();
    stage.checkpointer.start();
    await settle();
    return stage;
  }

  /** The sizes that were published. */
  get sizes(): number[] {
    return read(...this.published).map(({ size }) => size);
  }

  async commit(rows: number): Promise<void> {
    this.tree.grow(rows);
    this.checkpointer.committed();
    await settle();
  }
}

Deno.test("Checkpointer makes one at the start: signed, of all rows, and published", async () => {
  const stage = new Stage();
  assert.equal(stage.checkpointer.last, undefined);
  stage.checkpointer.start();
  await settle();
  const [checkpoint] = read(stage.checkpointer.last);
  const root = await stage.tree.rootAt(2);
  const note = stage.checkpointer.last;
  assert.deepEqual(checkpoint, { note, origin: key.name, size: 2, root });
  assert.deepEqual(stage.published, [stage.checkpointer.last]);
});

Deno.test("Checkpointer makes none while nothing is added", async () => {
  const stage = await Stage.started();
  await stage.clock.pass(1_000 * MINUTE);
  stage.checkpointer.committed();
  await stage.clock.pass(1_000 * MINUTE);
  assert.deepEqual(stage.sizes, [2]);
});

Deno.test("Checkpointer makes one after so many rows, however they come", async () => {
  const stage = await Stage.started();
  for (let commit = 0; commit < 4; commit++) await stage.commit(33);
  await stage.commit(99);
  await stage.commit(1_000);
  assert.deepEqual(stage.sizes, [2, 134, 1_233]);
});

Deno.test("Checkpointer makes one so long after the last one when rows were added", async () => {
  const stage = await Stage.started();
  await stage.clock.pass(2 * MINUTE);
  await stage.commit(1);
  await stage.clock.pass(MINUTE);
  await stage.commit(1);
  await stage.clock.pass(2 * MINUTE - 1);
  assert.deepEqual(stage.sizes, [2]);
  await stage.clock.pass(1);
  assert.deepEqual(stage.sizes, [2, 4]);
  await stage.clock.pass(60 * MINUTE);
  assert.deepEqual(stage.sizes, [2, 4]);
  await stage.commit(1);
  assert.deepEqual(stage.sizes, [2, 4, 5], "the last one is long ago");
  await stage.commit(1);
  await stage.clock.pass(5 * MINUTE);
  assert.deepEqual(stage.sizes, [2, 4, 5, 6]);
});

Deno.test("finish() makes and publishes the last one, and nothing comes after it", async () => {
  const stage = await Stage.started();
  await stage.commit(1);
  stage.tree.grow(1);
  await stage.checkpointer.finish(3 * SECOND);
  assert.deepEqual(stage.sizes, [2, 4]);
  assert.equal(stage.published.at(-1), stage.checkpointer.last);
  await stage.commit(1_000);
  await stage.clock.pass(60 * MINUTE);
  assert.deepEqual([stage.sizes, stage.told], [[2, 4], []]);
});

Deno.test("finish() publishes nothing twice when nothing was added", async () => {
  const stage = await Stage.started();
  await stage.checkpointer.finish(3 * SECOND);
  assert.deepEqual(stage.sizes, [2]);
});

Deno.test("finish() makes one though the start's own is under way", async () => {
  const stage = new Stage();
  stage.checkpointer.start();
  stage.tree.grow(1);
  await stage.checkpointer.finish(3 * SECOND);
  assert.deepEqual(read(stage.checkpointer.last).map(({ size }) => size), [3]);
});

Deno.test("Checkpointer makes the newest one once a fault of the store has passed, and tells once", async () => {
  const stage = new Stage();
  stage.tree.fails = "The log cannot be used: disk I/O error.";
  stage.checkpointer.start();
  await settle();
  for (let commit = 0; commit < 5; commit++) await stage.commit(1_000);
  assert.equal(stage.tree.looks, 1, "it is not asked more often than after a wait");
  for (const wait of [10, 20, 40]) await stage.clock.pass(wait * SECOND);
  assert.equal(stage.tree.looks, 4);
  assert.equal(stage.checkpointer.last, undefined);
  stage.tree.fails = undefined;
  await stage.clock.pass(80 * SECOND);
  assert.deepEqual(stage.sizes, [5_002]);
  assert.deepEqual(stage.told, [
    "No checkpoint could be made: The log cannot be used: disk I/O error. It is tried again.",
    "Checkpoints are made again.",
  ]);
  await stage.commit(100);
  assert.deepEqual(stage.sizes, [5_002, 5_102]);
});

Deno.test("finish() leaves the last checkpoint as it is when the store fails, and says so", async () => {
  const stage = await Stage.started();
  const { last } = stage.checkpointer;
  stage.tree.fails = "The disk is gone.";
  stage.tree.grow(1);
  await stage.checkpointer.finish(3 * SECOND);
  await stage.clock.pass(60 * MINUTE);
  assert.equal(stage.checkpointer.last, last);
  assert.deepEqual(stage.told, ["No checkpoint could be made: The disk is gone."]);
});

Deno.test("Checkpointer goes on making checkpoints while they cannot be published", async () => {
  const stage = new Stage();
  stage.publish = () => Promise.reject(new Error("Nobody is there."));
  stage.checkpointer.start();
  await settle();
  await stage.commit(100);
  await stage.commit(100);
  assert.equal(read(stage.checkpointer.last)[0]!.size, 202);
  stage.publish = () => Promise.resolve();
  await stage.clock.pass(10 * SECOND);
  assert.deepEqual(stage.sizes, [202]);
});

Deno.test("Checkpointer needs no publisher", async () => {
  const { clock, tree } = new Stage();
  const told: string[] = [];
  const ports = { clock, tree, sha256, tell: (sentence: string) => void told.push(sentence) };
  const signs = { sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) };
  const checkpointer = new Checkpointer({ ...ports, ...signs }, { key, pace: PACE });
  checkpointer.start();
  await settle();
  tree.grow(1);
  await checkpointer.finish(3 * SECOND);
  assert.deepEqual([read(checkpointer.last)[0]!.size, told], [3, []]);
});

/** What is told when the log is not the one that was signed. */
const forked = (size: number, found: string) => [
  `No checkpoint is signed any more: one of ${size} rows was signed before, and the log ${found}. ` +
  "Somebody changed it, or put an older copy in its place: look at it with deno task verify. After " +
  "a restore keep the checkpoints that are there, as evidence, and begin anew with another " +
  "--checkpoints; otherwise restore a newer backup.",
];

Deno.test("Checkpointer signs nothing below what it signed, and never two roots for one size", async () => {
  for (
    const [rows, more, found] of [
      [1, 0, "ends at row 1"],
      [0, 102, "has other rows there"],
      [0, 1_000, "has other rows there"],
    ] as const
  ) {
    const stage = await Stage.started();
    await stage.commit(100);
    const { last } = stage.checkpointer;
    stage.tree.rows.length = rows;
    stage.tree.grow(more, "other");
    // Also when the rows come one by one, or not at all.
    await stage.commit(0);
    await stage.clock.pass(5 * MINUTE);
    await stage.checkpointer.finish(3 * SECOND);
    await stage.clock.pass(60 * MINUTE);
    assert.deepEqual([stage.sizes, stage.checkpointer.last], [[2, 102], last]);
    assert.deepEqual(stage.told, forked(102, found));
  }
});

Deno.test("Checkpointer goes on from a checkpoint that is known from before, and from no other", async () => {
  const { tree } = new Stage(undefined, 50);
  const known = { origin: key.name, size: 50, root: await tree.rootAt(50) };
  const again = new Stage(known, 52);
  again.checkpointer.start();
  await settle();
  assert.deepEqual([again.sizes, again.told], [[52], []]);
  const stories: [Checkpoint, number, string][] = [
    [known, 49, "ends at row 49"],
    [{ ...known, root: "5a".repeat(32) }, 50, "has other rows there"],
    [{ ...known, root: "5a".repeat(32) }, 52, "has other rows there"],
  ];
  for (const [signed, rows, found] of stories) {
    const stage = new Stage(signed, rows);
    stage.checkpointer.start();
    await settle();
    await stage.commit(1_000);
    await stage.checkpointer.finish(3 * SECOND);
    assert.deepEqual([stage.published, stage.checkpointer.last], [[], undefined]);
    assert.deepEqual(stage.told, forked(50, found));
  }
});

Deno.test("Checkpointer says of a running engine what is durable, and is never ahead of it", async () => {
  const self = await bench();
  const { store } = self;
  const tree: LogTree = {
    get size() {
      return store.rows.length;
    },
    rootAt: (size) => {
      const grown = new GrowingTree(sha256);
      for (const { hash } of store.rows.slice(0, size)) grown.add(hash.slice(7));
      return Promise.resolve(grown.root);
    },
  };
  const notes: string[] = [];
  const ports = {
    tree,
    sha256,
    clock: self.clock,
    sign: (bytes: Uint8Array) => sign(null, bytes, privateKey),
    publish: (note: string) => Promise.resolve(void notes.push(note)),
    tell: (sentence: string) => assert.fail(sentence),
  };
  const checkpointer = new Checkpointer(ports, { key, pace: { rows: 3, ms: 5 * MINUTE } });
  checkpointer.start();
  self.engine.onCommitted(() => checkpointer.committed());
  await settle();
  await self.upgrade("pump-7");
  await self.report("pump-7", "request", {});
  await settle();
  self.store.failNext = "after";
  await assert.rejects(self.report("pump-7", "progress", { percent: 50 }));
  await self.clock.pass(10 * SECOND);
  await self.report("pump-7", "progress", { percent: 100 });
  await self.engine.stop();
  await checkpointer.finish(3 * SECOND);
  const checkpoints = read(...notes);
  const last = checkpoints.at(-1)!;
  assert.ok(checkpoints.length >= 3, `${checkpoints.length}`);
  assert.equal(last.size, store.rows.length);
  assert.match(store.rows.at(-1)!.bytes, /"type":"EngineStopped"/);
  for (const { size, root } of checkpoints) assert.equal(root, await tree.rootAt(size));
});
