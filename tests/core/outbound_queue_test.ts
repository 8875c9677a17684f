/** Chunks among messages on their way to a broker: few at once, behind all messages, and none forgotten. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { OutboundQueue } from "../../core/engine/mod.ts";
import type { ChunkEnd, Outbound, OutboundChunk, OutboundMessage } from "../../core/engine/mod.ts";
import { PART_BYTES_MAX } from "../../core/mod.ts";

const MIB = 1_048_576;

/** A broker that takes what it is given, and acknowledges it when it is told to. */
class Stage {
  readonly published: Outbound[] = [];
  /** What became of each chunk, by its offset. */
  readonly ends: string[] = [];
  called = 0;
  readonly queue = new OutboundQueue({
    waitingMax: 100,
    waitingLow: 10,
    publish: (outbound) => void this.published.push(outbound),
    submit: () => Promise.resolve({ ok: true, messages: [] }),
    callAll: () => void this.called++,
  });

  chunk(offset: number, length = 256, onDone: (end: ChunkEnd) => void = () => {}): OutboundChunk {
    return {
      device: "a",
      task: "t",
      offset,
      bytes: new Uint8Array(length),
      done: (end) => {
        this.ends.push(`${offset} ${end}`);
        onDone(end);
      },
    };
  }

  send(...offsets: number[]): void {
    for (const offset of offsets) this.queue.sendChunk(this.chunk(offset, PART_BYTES_MAX));
  }

  /** The broker has the first of what was published. */
  acknowledge(isHeard = true): void {
    this.queue.done(this.published.shift()!, isHeard);
  }

  /** What was published and is not acknowledged. */
  get list(): (string | number)[] {
    return this.published.map((one) => "bytes" in one ? one.offset : one.message.kind);
  }
}

const idle: OutboundMessage = {
  device: "a",
  message: { kind: "idle", payload: { ask_again_seconds: 60 } },
};

Deno.test("OutboundQueue: a chunk that the broker has is passed, or unheard, and told so once", () => {
  const s = new Stage();
  s.queue.open(10);
  s.send(0, 1);
  const [first] = s.published;
  s.acknowledge();
  s.acknowledge(false);
  s.queue.done(first!, true);
  s.queue.close();
  assert.deepEqual(s.ends, ["0 passed", "1 unheard"]);
});

Deno.test("OutboundQueue: all chunks are lost with the connection, those that wait, too", () => {
  const s = new Stage();
  s.queue.open(2);
  s.send(0, 1, 2);
  assert.deepEqual(s.list, [0, 1]);
  s.queue.close();
  assert.deepEqual(s.ends, ["0 lost", "1 lost", "2 lost"]);
  s.send(3);
  assert.deepEqual(s.ends.slice(3), ["3 lost"], "nor is there another one");
  s.queue.open(2);
  s.send(4);
  assert.deepEqual(s.list, [0, 1, 4]);
});

Deno.test("OutboundQueue: whoever asks for more when a chunk is lost gets it lost, too, and no more", () => {
  const s = new Stage();
  s.queue.open(1);
  s.queue.sendChunk(s.chunk(0, 256, () => s.send(7)));
  s.queue.close();
  assert.deepEqual(s.ends, ["0 lost", "7 lost"]);
});

Deno.test("OutboundQueue: messages go ahead of chunks that wait", () => {
  const s = new Stage();
  s.queue.open(1);
  s.send(0, 1, 2);
  s.queue.send(idle);
  s.queue.send(idle);
  for (const expected of [[0], ["idle"], ["idle"], [1], [2], []]) {
    assert.deepEqual(s.list, expected);
    if (expected.length > 0) s.acknowledge();
  }
});

Deno.test("OutboundQueue has a megabyte of chunks under way, whatever the broker would take", () => {
  const s = new Stage();
  s.queue.open(1_000);
  s.send(...Array.from({ length: 20 }, (_, n) => n));
  assert.equal(s.published.length, MIB / PART_BYTES_MAX);
  s.queue.send(idle);
  assert.equal(s.list.at(-1), "idle", "messages need no room of theirs");
  s.acknowledge();
  assert.equal(s.list.at(-1), MIB / PART_BYTES_MAX);
  const huge = new Stage();
  huge.queue.open(1_000);
  for (const offset of [0, 1]) huge.queue.sendChunk(huge.chunk(offset, 3 * MIB));
  assert.deepEqual(huge.list, [0], "one goes however large it is");
});

Deno.test("OutboundQueue begins anew with each connection: what an old one had takes no room", () => {
  const s = new Stage();
  for (let n = 0; n < 5; n++) {
    s.queue.open(1_000);
    s.published.length = 0;
    s.send(...Array.from({ length: 20 }, (_, n) => n));
    assert.equal(s.published.length, MIB / PART_BYTES_MAX);
    s.queue.close();
  }
  assert.equal(s.ends.length, 100);
});

Deno.test("OutboundQueue: chunks that wait leave the room for messages as it is", async () => {
  const s = new Stage();
  s.queue.open(1);
  s.send(...Array.from({ length: 500 }, (_, n) => n));
  await s.queue.room();
  for (let n = 0; n < 100; n++) {
    s.queue.send({ ...idle, owed: { task: "t", kind: "success", attempt: 1 } });
  }
  s.acknowledge();
  assert.equal(s.called, 0, "none was one too many");
});

Deno.test("OutboundQueue says of every chunk once what became of it, whatever happens", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({
        what: fc.constant("chunk" as const),
        length: fc.integer({ min: 256, max: PART_BYTES_MAX }),
      }),
      fc.record({ what: fc.constantFrom("message", "heard", "unheard", "open", "close") }),
    ),
    { maxLength: 200 },
  );
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 20 }), (steps, inFlightMax) => {
    const s = new Stage();
    let [sent, isOpen] = [0, false];
    for (const step of steps) {
      if (step.what === "chunk" && "length" in step) {
        s.queue.sendChunk(s.chunk(sent++, step.length));
      }
      if (step.what === "message") s.queue.send(idle);
      if (step.what === "heard" || step.what === "unheard") {
        if (s.published.length > 0) s.acknowledge(step.what === "heard");
      }
      if (step.what === "open" && !isOpen) s.queue.open(inFlightMax), isOpen = true;
      if (step.what === "close" && isOpen) {
        s.queue.close();
        // What comes of an old connection is heard no more.
        s.published.length = 0;
        isOpen = false;
      }
      const bytes = s.published.reduce(
        (sum, one) => "bytes" in one ? sum + one.bytes.length : sum,
        0,
      );
      assert.ok(bytes <= MIB && s.published.length <= inFlightMax);
    }
    if (isOpen) s.queue.close();
    const ended = s.ends.map((end) => Number(end.split(" ")[0])).sort((a, b) => a - b);
    assert.deepEqual(ended, Array.from({ length: sent }, (_, n) => n));
  }));
});
