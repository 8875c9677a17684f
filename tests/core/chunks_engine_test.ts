/** Devices that ask for bytes and digests over MQTT, before a whole engine. */
import assert from "node:assert/strict";
import { activeStates, PARTS_WAITING_MAX } from "../../core/mod.ts";
import type { AskKind } from "../../core/mod.ts";
import type { ChunkEnd } from "../../core/engine/mod.ts";
import { bench, settle } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { quiet } from "./support/brokered.ts";
import { IMAGE, SIZE } from "./support/given.ts";
import { bytesOf, digestOf } from "./support/paper_images.ts";
import {
  assertReplays,
  at,
  imageOf,
  listen,
  order,
  PUMP,
  rowsOf,
  says,
} from "./support/stories.ts";
import { taskOf, wayTo } from "./support/stories.ts";

const PART = "chunk/request";
const DIGESTS = "chunks/request";
const first = { offset: 0, length: 4_096 };

/** A device that was offered an image in chunks of 4 KiB. */
async function offered(more = {}): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  const id = await order(b, "2.0.0", { chunk_size: 4, ...more });
  await listen(b);
  b.sent.length = 0;
  return { b, id };
}

/** Asks, and what the device was told: the code of a refusal, or nothing. */
async function ask(b: Bench, kind: AskKind, payload: unknown): Promise<string> {
  const answer = await b.ask(PUMP, kind, payload);
  await quiet();
  if (!answer.ok) return String(answer.problem.status);
  const [message] = answer.messages.map(({ message }) => message);
  return message?.kind === "rejected" ? message.payload.code : "";
}

/** What is on its way, as `task offset-end`; it becomes of it what `end` says, if anything. */
function underWay(b: Bench, end?: ChunkEnd): string[] {
  const chunks = end ? b.chunks.splice(0) : b.chunks;
  for (const { done } of end ? chunks : []) done(end!);
  return chunks.map(({ task, offset, bytes }) => `${task} ${offset}-${offset + bytes.length}`);
}

function facts(b: Bench, type: string): number {
  return rowsOf(b).filter((row) => row.type === type).length;
}

Deno.test("Engine gives the parts that are asked for, of the task's image and under its name", async () => {
  const { b, id } = await offered();
  assert.equal(await ask(b, PART, { parts: [[0, 4_096], [96_000, 4_096]] }), "");
  assert.equal(at(b, id), "downloading #1");
  assert.deepEqual(underWay(b), [`${id} 0-4096`, `${id} 96000-${SIZE}`]);
  for (const { device, offset, bytes } of b.chunks) {
    assert.equal(device, PUMP);
    assert.deepEqual(bytes, bytesOf(IMAGE.slice(7), offset, offset + bytes.length));
  }
  assertReplays(b);
});

Deno.test("Engine gives digests, and they alone are no progress", async () => {
  const { b, id } = await offered();
  assert.equal(await ask(b, DIGESTS, { task_id: id, from: 23, count: 9 }), "");
  const digest = (n: number) => `sha256:${digestOf(IMAGE.slice(7), 4_096, n)}`;
  assert.deepEqual(b.sent.splice(0), [{
    device: PUMP,
    message: {
      kind: "chunks",
      payload: { task_id: id, chunk_bytes: 4_096, from: 23, chunks: [digest(23), digest(24)] },
    },
  }]);
  assert.equal(at(b, id), "offered #1");
});

Deno.test("Engine records the first part of an attempt, and no other", async () => {
  const { b, id } = await offered();
  await ask(b, PART, first);
  assert.equal(facts(b, "ArtifactRequested"), 1);
  const appends = b.store.appends;
  for (let offset = 4_096; offset < 40_960; offset += 4_096) {
    assert.equal(await ask(b, PART, { offset, length: 4_096 }), "");
    assert.equal(underWay(b, "arrived").length, offset === 4_096 ? 2 : 1);
  }
  assert.deepEqual([facts(b, "ArtifactRequested"), b.store.appends], [1, appends]);
  const [transfer] = b.engine.transfersOf(taskOf(b, id));
  assert.deepEqual([transfer!.requests, transfer!.bytes, transfer!.repeated], [10, 40_960, 0]);
  // After half of its limit it is news, as over HTTP, and the limit counts anew.
  await b.clock.pass(450_000);
  await ask(b, PART, { offset: 40_960, length: 4_096 });
  assert.equal(facts(b, "ArtifactRequested"), 2);
  await b.clock.pass(890_000);
  assert.equal(at(b, id), "downloading #1");
  assertReplays(b);
});

Deno.test("Engine: a device that takes bytes over MQTT and says nothing makes progress", async () => {
  const { b, id } = await offered({ limits: { downloading: 900 } });
  await ask(b, PART, first);
  await b.clock.pass(440_000);
  await ask(b, PART, { offset: 4_096, length: 4_096 });
  assert.equal(facts(b, "ArtifactRequested"), 1);
  await b.clock.pass(880_000);
  assert.equal(at(b, id), "downloading #1");
  await b.clock.pass(30_000);
  assert.equal(at(b, id), "retrying #2 no_progress");
  assertReplays(b);
});

for (const state of activeStates) {
  Deno.test(`Engine gives bytes of the active task while it is ${state}`, async () => {
    const { b, id } = await offered({ completion: "booted" });
    await says(b, ...wayTo(state, IMAGE));
    assert.equal(taskOf(b, id).state, state);
    assert.equal(await ask(b, PART, { task_id: id, ...first }), "");
    assert.deepEqual(underWay(b, "arrived"), [`${id} 0-4096`]);
    const isDownload = ["offered", "downloading", "paused", "retrying"].includes(state);
    assert.equal(taskOf(b, id).state, isDownload ? "downloading" : state);
    assertReplays(b);
  });
}

type Story = (b: Bench, id: string) => unknown;

const refused: [what: string, story: Story, code: string][] = [
  ["a task that waits behind a more urgent one", async (b) => {
    await order(b, "3.0.0", { priority: "security" });
    await settle();
  }, "wrong_phase"],
  ["a task that was cancelled", (b, id) => b.command({ type: "cancelTask", task: id }), "ended"],
  ["a task that succeeded", (b) => says(b, ["verify", { checksum: IMAGE }]), "ended"],
  ["a device that was revoked", (b) => b.command({ type: "revokeDevice", device: PUMP }), "403"],
  ["an engine that stopped", (b) => b.engine.stop(), "503"],
];

for (const [what, story, code] of refused) {
  Deno.test(`Engine gives nothing of ${what}`, async () => {
    const { b, id } = await offered();
    await ask(b, PART, first);
    underWay(b, "arrived");
    await story(b, id);
    await settle();
    assert.equal(await ask(b, PART, { task_id: id, ...first }), code);
    assert.equal(await ask(b, DIGESTS, { task_id: id, from: 0, count: 1 }), code);
    assert.deepEqual([b.chunks, b.sent.filter(({ message }) => message.kind === "chunks")], [
      [],
      [],
    ]);
  });
}

Deno.test("Engine tells of each ask that it refuses, and records one in ten seconds", async () => {
  const { b } = await offered();
  for (let n = 0; n < 5; n++) assert.equal(await ask(b, PART, "[]"), "malformed");
  assert.equal(await ask(b, DIGESTS, { from: 999, count: 1 }), "out_of_range");
  assert.equal(facts(b, "ReportRejected"), 1);
  await b.clock.pass(10_000);
  assert.equal(await ask(b, PART, { task_id: "OTA_20230801_009", ...first }), "unknown_task");
  const rejected = rowsOf(b).filter(({ type }) => type === "ReportRejected");
  assert.deepEqual(rejected.map(({ data }) => data), [
    { code: "malformed", report: PART, left_out: 0 },
    { code: "unknown_task", report: PART, left_out: 5 },
  ]);
  assertReplays(b);
});

Deno.test("Engine has so much wait for a device, and says when that is too much", async () => {
  const { b } = await offered();
  await ask(b, PART, { offset: 0, length: 256 });
  // As many as have room go; as many again wait.
  const parts = (from: number) => Array.from({ length: 32 }, (_, n) => [(from + n) * 256, 256]);
  for (const from of [1, 33, 65, 97]) {
    assert.equal(await ask(b, PART, { parts: parts(from) }), from < 97 ? "" : "rate_limited");
  }
  assert.equal(b.chunks.length, 64);
  assert.equal(await ask(b, PART, { parts: parts(97).slice(1) }), "");
  underWay(b, "arrived");
  await quiet();
  assert.equal(b.chunks.length, 64);
});

Deno.test("Engine has no more wait for a device that says everything at once", async () => {
  const { b } = await offered();
  b.images.onRead = () => new Promise(() => {});
  const asks = Array.from({ length: 100 }, (_, n) => {
    const parts = Array.from({ length: 4 }, (_, m) => [(4 * n + m) * 64, 256]);
    return ask(b, PART, { parts });
  });
  const answers = await Promise.all(asks);
  const taken = answers.filter((answer) => answer === "").length;
  assert.deepEqual([taken, new Set(answers)], [
    PARTS_WAITING_MAX / 4,
    new Set(["", "rate_limited"]),
  ]);
});

Deno.test("Engine that has no way for bytes says where they are", async () => {
  const b = await bench({}, undefined, { givesNoBytes: true });
  await order(b);
  await listen(b);
  for (const [kind, payload] of [[PART, first], [DIGESTS, { from: 0, count: 1 }]] as const) {
    assert.equal(await ask(b, kind, payload), "not_allowed");
  }
});

Deno.test("Engine: what the operator changes while bytes are read, no byte of it is mixed", async () => {
  for (const reads of [1, 2, 3]) {
    const { b, id } = await offered();
    await ask(b, PART, first);
    underWay(b, "arrived");
    const { promise: read, resolve: go } = Promise.withResolvers<void>();
    let left = reads;
    b.images.onRead = () => --left === 0 ? read : undefined;
    const parts = Array.from({ length: 5 }, (_, n) => [4_096 * (n + 1), 4_096]);
    await ask(b, PART, { parts });
    assert.equal(b.chunks.length, reads - 1);
    await b.command({ type: "cancelTask", task: id });
    const next = await order(b, "3.0.0", { chunk_size: 4 });
    await settle();
    assert.equal(at(b, next), "offered #1");
    assert.equal(await ask(b, PART, { parts: parts.slice(0, 2) }), "");
    go();
    await settle();
    const own = (task: string) => b.chunks.filter((chunk) => chunk.task === task);
    assert.deepEqual([own(id).length, own(next).length], [reads - 1, 2]);
    for (const { task, offset, bytes } of b.chunks) {
      const image = task === id ? IMAGE : imageOf("3.0.0");
      assert.deepEqual(bytes, bytesOf(image.slice(7), offset, offset + bytes.length));
    }
    assert.equal(await ask(b, PART, { task_id: id, ...first }), "ended");
  }
});

Deno.test("Engine that stops sends nothing more, and nothing comes after it", async () => {
  const { b } = await offered();
  await ask(b, PART, first);
  underWay(b, "arrived");
  const { promise: read, resolve: go } = Promise.withResolvers<void>();
  b.images.onRead = () => read;
  await ask(b, PART, { parts: [[4_096, 4_096], [8_192, 4_096]] });
  const late = b.ask(PUMP, PART, { offset: 0, length: 256 });
  await b.engine.stop();
  go();
  await late;
  await settle();
  assert.deepEqual([b.chunks, b.images.reads.length], [[], 2]);
});
