/** Bytes on their way to devices: in order, within the window, of the right task, and nothing left behind. */
import assert from "node:assert/strict";
import { askOf, FlowStage, shaOf } from "./support/flow_stage.ts";
import { bytesOf, digestOf } from "./support/paper_images.ts";
import { CHUNK_WINDOW_PARTS, PARTS_WAITING_MAX } from "../../core/mod.ts";
import type { ChunkEnd } from "../../core/engine/mod.ts";

const KIB = 1_024;
const LARGE = 128 * KIB;
const large = (n: number): [number, number] => [n * LARGE, LARGE];

/** A device with a task. */
function stage(): FlowStage {
  const stage = new FlowStage();
  stage.assign("a", "t1");
  return stage;
}

/** Nothing is left of it: no flow, no room taken, and the next ask is served as the first. */
async function assertIdle(s: FlowStage): Promise<void> {
  assert.equal(s.flow.size, 0);
  s.underWay.length = 0;
  s.refuses = undefined;
  s.images.onRead = () => {};
  s.onDevice = () => {};
  s.assign("a", "t9");
  await s.want("a", large(0), large(1), large(2));
  assert.deepEqual(s.list.length, 2);
  await s.done("arrived", 2);
  await s.done("arrived");
  assert.equal(s.flow.size, 0);
}

Deno.test("ChunkFlow gives what is asked for, in the order of the ask, and no more than that", async () => {
  const s = stage();
  await s.want("a", [4_096, 256], [0, 512]);
  assert.deepEqual(s.list, ["a t1 4096-4352", "a t1 0-512"]);
  for (const { offset, bytes } of s.underWay) {
    assert.deepEqual(bytes, bytesOf(shaOf("t1"), offset, offset + bytes.length));
  }
  await s.done("arrived", 2);
  assert.deepEqual([s.count, s.sent], [2, []]);
  await assertIdle(s);
});

Deno.test("ChunkFlow has no more on its way than the window, and goes on as it empties", async () => {
  const s = stage();
  await s.want("a", ...[0, 1, 2, 3, 4].map(large));
  for (let n = 0; n < 4; n++) {
    assert.deepEqual(s.list, [n, n + 1].map((m) => `a t1 ${m * LARGE}-${(m + 1) * LARGE}`));
    await s.done(n % 2 === 0 ? "arrived" : "passed");
  }
  await s.done("arrived");
  assert.equal(s.count, 5);
  await assertIdle(s);
});

Deno.test("ChunkFlow has no more small parts on their way than their number allows", async () => {
  const s = stage();
  const parts = (from: number) =>
    Array.from({ length: 32 }, (_, n) => [(from + n) * 256, 256] as [number, number]);
  for (let n = 0; n < 3; n++) await s.want("a", ...parts(32 * n));
  assert.equal(s.underWay.length, CHUNK_WINDOW_PARTS);
  await s.done("arrived", 10);
  assert.equal(s.underWay.length, CHUNK_WINDOW_PARTS);
  assert.equal(s.count, CHUNK_WINDOW_PARTS + 10);
});

Deno.test("ChunkFlow sends a part that waits, is being read or is on its way only once", async () => {
  const s = stage();
  const { promise: read, resolve: go } = Promise.withResolvers<void>();
  s.images.onRead = () => s.images.reads.length === 3 ? read : undefined;
  const all = [0, 1, 2, 3].map(large);
  await s.want("a", ...all, ...all);
  await s.done("arrived");
  // Of the third the bytes are being read; the second is on its way, the fourth waits.
  await s.want("a", ...all.slice(1), large(3));
  go();
  await s.quiet();
  for (let n = 0; n < 4; n++) await s.done("arrived");
  assert.deepEqual(s.images.reads, all.map(([start]) => `${start}-${start + LARGE}`));
  // What has arrived may be asked for again.
  await s.want("a", large(0));
  assert.equal(s.count, 5);
  await s.done("arrived");
  await assertIdle(s);
});

Deno.test("ChunkFlow: another length, another place or other digests are no repeat", async () => {
  const s = stage();
  const digests = { kind: "digests", from: 0, count: 2, chunkBytes: 4_096 } as const;
  await s.want("a", [0, 256], [0, 512], [256, 256], digests, { ...digests, count: 1 });
  assert.deepEqual(s.list, ["a t1 0-256", "a t1 0-512", "a t1 256-512"]);
  assert.deepEqual(
    s.sent.map(({ message }) => message),
    [2, 1].map((count) => ({
      kind: "chunks",
      payload: {
        task_id: "t1",
        chunk_bytes: 4_096,
        from: 0,
        chunks: [0, 1].slice(0, count).map((n) => `sha256:${digestOf(shaOf("t1"), 4_096, n)}`),
      },
    })),
  );
});

Deno.test("ChunkFlow: digests take their turn among parts, and no room", async () => {
  const s = stage();
  const digests = { kind: "digests", from: 0, count: 1, chunkBytes: 4_096 } as const;
  await s.want("a", large(0), large(1), large(2), digests);
  assert.deepEqual([s.underWay.length, s.sent.length], [2, 0]);
  await s.done("arrived");
  assert.deepEqual([s.underWay.length, s.sent.length], [2, 1]);
  await s.done("arrived", 2);
  await assertIdle(s);
});

Deno.test("ChunkFlow: a device that takes nothing holds nobody else up", async () => {
  const s = stage();
  await s.want("a", ...[0, 1, 2, 3].map(large));
  for (let n = 0; n < 20; n++) {
    s.assign(`b${n}`, `t${n}`);
    await s.want(`b${n}`, large(0), large(1), large(2));
    assert.equal(s.underWay.length, 4);
    for (const { done } of s.underWay.splice(2)) done("arrived");
    await s.quiet();
    for (const { done } of s.underWay.splice(2)) done("arrived");
  }
  assert.deepEqual(s.list, ["a t1 0-131072", "a t1 131072-262144"]);
});

Deno.test("ChunkFlow: a slow read holds up its own device alone", async () => {
  const s = stage();
  const { promise: read, resolve: go } = Promise.withResolvers<void>();
  s.images.onRead = () => s.images.reads.length === 1 ? read : undefined;
  await s.want("a", large(0), large(1));
  s.assign("b", "t2");
  await s.want("b", large(0));
  assert.deepEqual(s.list, ["b t2 0-131072"]);
  go();
  await s.quiet();
  assert.equal(s.list.length, 3);
});

for (const end of ["lost", "unheard", "too_large"] as const) {
  Deno.test(`ChunkFlow: what waits behind a chunk that is ${end} is not sent, until it is asked for again`, async () => {
    const s = stage();
    await s.want("a", ...[0, 1, 2, 3].map(large));
    await s.done(end);
    assert.deepEqual(s.list, ["a t1 131072-262144"]);
    await s.done("arrived");
    assert.deepEqual([s.list, s.flow.size], [[], 0]);
    await s.want("a", large(0), large(2));
    assert.deepEqual(s.list, ["a t1 0-131072", "a t1 262144-393216"]);
    await s.done(end, 2);
    await assertIdle(s);
  });
}

const words: [end: ChunkEnd, code: string | undefined, reason: RegExp][] = [
  ["unheard", "not_allowed", /^Nobody hears chunk\/# below your topic\. Subscribe /],
  ["too_large", "out_of_range", /^The broker takes no message of that size\. Ask for smaller /],
];

for (const [end, code, reason] of words) {
  Deno.test(`ChunkFlow tells a device once for each ask that its chunks are ${end}`, async () => {
    const s = stage();
    for (const refuses of [undefined, end]) {
      s.refuses = refuses;
      await s.want("a", large(0), large(1));
      await s.done(end, 2);
      const [told, ...more] = s.sent.splice(0);
      assert.deepEqual([told!.device, more], ["a", []]);
      const { message } = told!;
      assert.ok(message.kind === "rejected");
      assert.equal(message.payload.code, code);
      assert.match(message.payload.reason, reason);
      assert.deepEqual([message.payload.task_id, message.payload.state], ["t1", "downloading"]);
      assert.equal(s.flow.size, 0);
    }
    // The first ask had two on their way, the second was refused with its first.
    assert.equal(s.count, 3);
    await assertIdle(s);
  });
}

Deno.test("ChunkFlow: what nobody took counts as a request, and as no byte that was given out", async () => {
  const s = stage();
  const task = s.assign("a", "t1");
  for (const end of ["unheard", "too_large"] as const) {
    await s.want("a", large(0));
    await s.done(end);
  }
  const { bytes, requests, cuts, repeated } = s.transfers.soFar(task)!;
  assert.deepEqual({ bytes, requests, cuts, repeated }, {
    bytes: 0,
    requests: 2,
    cuts: 0,
    repeated: 0,
  });
  assert.equal(s.transfers.lastGiven(task), undefined);
});

Deno.test("ChunkFlow counts what was lost as given out and cut, and what is asked for again as repeated", async () => {
  const s = stage();
  const task = s.assign("a", "t1");
  await s.want("a", large(0), large(1));
  await s.done("arrived");
  await s.done("lost");
  await s.want("a", large(1));
  s.now += 70;
  await s.done("arrived");
  const { bytes, requests, cuts, repeated, ms } = s.transfers.soFar(task)!;
  assert.deepEqual({ bytes, requests, cuts, repeated, ms }, {
    bytes: 3 * LARGE,
    requests: 3,
    cuts: 1,
    repeated: LARGE,
    ms: 70,
  });
});

Deno.test("ChunkFlow counts the time of parts side by side once", async () => {
  const s = stage();
  const task = s.assign("a", "t1");
  await s.want("a", [0, 256], [256, 256], [512, 256]);
  for (const ms of [100, 50, 50]) {
    s.now += ms;
    await s.done("arrived");
  }
  assert.equal(s.transfers.soFar(task)!.ms, 200);
  await s.want("a", [768, 256]);
  s.now += 1_000;
  // What is under way has taken no time that anybody knows of.
  assert.equal(s.transfers.soFar(task)!.ms, 200);
  await s.done("arrived");
  assert.equal(s.transfers.soFar(task)!.ms, 1_200);
});

Deno.test("ChunkFlow counts each chunk once, whatever is said of it later", async () => {
  const s = stage();
  const task = s.assign("a", "t1");
  await s.want("a", ...[0, 1, 2, 3].map(large));
  const [first] = s.underWay;
  first!.done("arrived");
  await s.quiet();
  for (const end of ["lost", "unheard", "arrived"] as const) first!.done(end);
  await s.quiet();
  assert.equal(s.count, 3, "no more room, and what waits still waits");
  assert.deepEqual(s.sent, []);
  s.underWay.shift();
  await s.done("arrived", 2);
  await s.done("arrived");
  assert.deepEqual([s.transfers.soFar(task)!.cuts, s.count], [0, 4]);
  await assertIdle(s);
});

Deno.test("ChunkFlow that cannot read tells the device and the operator, and gives its room back", async () => {
  const s = stage();
  const fault = new Error("The disk is gone.");
  s.images.onRead = () => {
    throw fault;
  };
  const digests = { kind: "digests", from: 0, count: 1, chunkBytes: 4_096 } as const;
  for (const wanted of [large(0), digests]) {
    for (let n = 0; n < 5; n++) {
      await s.want("a", wanted, large(1));
      const [{ message }] = s.sent.splice(0) as [typeof s.sent[0]];
      assert.ok(message.kind === "rejected" && message.payload.code === "rate_limited");
      assert.deepEqual([s.faults.splice(0), s.flow.size], [[fault], 0]);
    }
  }
  assert.equal(s.count, 0);
  await assertIdle(s);
});

Deno.test("ChunkFlow gives its room back whenever the device cannot be looked at", async () => {
  for (const failing of [1, 2]) {
    const s = stage();
    let looks = 0;
    s.onDevice = () => {
      if (++looks === failing) throw new Error("The disk is gone.");
    };
    await s.want("a", large(0), large(1));
    assert.deepEqual([s.faults.length, s.count, s.flow.size], [1, 0, 0]);
    await assertIdle(s);
  }
});

Deno.test("ChunkFlow gives its room back when the outbox fails", async () => {
  const s = stage();
  s.refuses = new Error("The socket is gone.");
  await s.want("a", large(0), large(1));
  assert.deepEqual([s.faults, s.count, s.flow.size], [[s.refuses], 1, 0]);
  await assertIdle(s);
});

Deno.test("ChunkFlow: of a task that ended nothing leaves, at whatever moment it ended", async () => {
  for (let looks = 1; looks <= 6; looks++) {
    const s = stage();
    let left = looks;
    s.onDevice = () => {
      if (--left === 0) s.end("a");
    };
    await s.want("a", [0, 256], [256, 256], [512, 256]);
    assert.equal(left, 0, "nobody looks again for what waits");
    // Each part is looked at twice: before it is read, and before it is sent.
    assert.equal(s.count, Math.floor((looks - 1) / 2));
    await s.done("arrived", 3);
    await assertIdle(s);
  }
});

Deno.test("ChunkFlow: of another task nothing is sent under the name of the first, nor the reverse", async () => {
  for (let looks = 1; looks <= 8; looks++) {
    const s = stage();
    let left = looks;
    s.onDevice = () => {
      if (--left !== 0) return;
      // The operator takes the order back and gives another; the device asks at once.
      s.flow.want("a", askOf(s.assign("a", "t2"), [0, 256], [256, 256]));
    };
    await s.want("a", [0, 256], [256, 256], [512, 256]);
    for (const { task, offset, bytes } of s.underWay) {
      assert.deepEqual(bytes, bytesOf(shaOf(task), offset, offset + 256));
    }
    const ofSecond = s.underWay.filter(({ task }) => task === "t2").map(({ offset }) => offset);
    assert.deepEqual(ofSecond, looks <= 6 ? [0, 256] : []);
    assert.deepEqual([s.sent, s.faults], [[], []]);
    await s.done("arrived", 9);
    await assertIdle(s);
  }
});

Deno.test("ChunkFlow: a read of the old task that fails does not harm what was asked for the new one", async () => {
  const s = stage();
  const { promise, reject } = Promise.withResolvers<void>();
  s.images.onRead = () => s.images.reads.length === 1 ? promise : undefined;
  await s.want("a", large(0));
  s.assign("a", "t2");
  await s.want("a", large(0), large(1));
  reject(new Error("The file is gone."));
  await s.quiet();
  assert.deepEqual(s.list, ["a t2 0-131072", "a t2 131072-262144"]);
  assert.deepEqual([s.faults.length, s.sent], [1, []]);
});

Deno.test("ChunkFlow: a task that comes back gets what is asked for it now", async () => {
  const s = stage();
  await s.want("a", ...[0, 1, 2, 3].map(large));
  s.assign("a", "t2");
  await s.want("a", large(5));
  assert.deepEqual(s.list, ["a t1 0-131072", "a t1 131072-262144"], "the window is the device's");
  s.assign("a", "t1");
  await s.want("a", large(1), large(3));
  await s.done("arrived", 2);
  assert.deepEqual(s.list, ["a t1 393216-524288"], "one was on its way already");
  await s.done("arrived");
  await assertIdle(s);
});

Deno.test("ChunkFlow.hasRoom() counts what waits, and nothing that was sent", async () => {
  const s = stage();
  assert.ok(s.flow.hasRoom("a", PARTS_WAITING_MAX));
  assert.equal(s.flow.hasRoom("a", PARTS_WAITING_MAX + 1), false);
  await s.want("a", ...[0, 1, 2, 3, 4].map(large));
  assert.ok(s.flow.hasRoom("a", PARTS_WAITING_MAX - 3));
  assert.equal(s.flow.hasRoom("a", PARTS_WAITING_MAX - 2), false);
  assert.ok(s.flow.hasRoom("b", PARTS_WAITING_MAX));
});

Deno.test("ChunkFlow that is closed sends nothing and reads nothing more, though it was in the middle", async () => {
  for (const when of ["reading", "waiting", "after"] as const) {
    const s = stage();
    const { promise: read, resolve: go } = Promise.withResolvers<void>();
    if (when === "reading") s.images.onRead = () => read;
    if (when !== "after") await s.want("a", ...[0, 1, 2, 3].map(large));
    const { count, images: { reads: { length } } } = s;
    s.flow.close();
    s.onDevice = () => assert.fail("The store may be closed.");
    go();
    if (when === "after") await s.want("a", large(0));
    for (const end of ["arrived", "unheard"] as const) await s.done(end);
    assert.deepEqual([s.count, s.images.reads.length, s.flow.size], [count, length, 0]);
    assert.deepEqual([s.sent, s.faults], [[], []]);
  }
});

Deno.test("ChunkFlow: a device that asks and is gone leaves nothing behind", async () => {
  const s = stage();
  for (let n = 0; n < 100; n++) {
    s.refuses = n % 2 === 0 ? "lost" : undefined;
    await s.want("a", large(0), large(1), large(2));
    await s.done("lost", 2);
    assert.equal(s.flow.size, 0);
  }
  await assertIdle(s);
});
