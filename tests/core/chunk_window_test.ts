/** How much is on its way to devices: to one, to all, and whose turn it is when there is memory again. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ChunkWindow } from "../../core/engine/chunk_window.ts";
import type { WindowLimits } from "../../core/engine/chunk_window.ts";
import { SentChunk } from "../../core/engine/sent_chunk.ts";
import {
  CHUNK_WINDOW_BYTES,
  CHUNK_WINDOW_PARTS,
  CHUNKS_IN_FLIGHT_BYTES,
  PART_BYTES_MAX,
} from "../../core/mod.ts";

const part = (bytes: number, start = 0) => ({ start, end: start + bytes });

Deno.test("ChunkWindow has room for a device up to its window, and for one part always", () => {
  const window = new ChunkWindow(() => {});
  assert.ok(window.reserve("a", part(PART_BYTES_MAX)));
  assert.ok(window.reserve("a", part(PART_BYTES_MAX)));
  assert.equal(window.reserve("a", part(256)), false);
  assert.ok(window.reserve("b", part(256)), "another device has a window of its own");
  window.release("a", part(PART_BYTES_MAX));
  assert.ok(window.reserve("a", part(256)));
  const small = new ChunkWindow(() => {}, {
    bytes: 100,
    parts: 9,
    allBytes: 100,
    partBytesMax: 50,
  });
  assert.ok(small.reserve("a", part(5_000)));
  assert.ok(small.reserve("b", part(5_000)));
});

Deno.test("ChunkWindow has room for so many parts, however small they are", () => {
  const window = new ChunkWindow(() => {});
  for (let n = 0; n < CHUNK_WINDOW_PARTS; n++) assert.ok(window.reserve("a", part(256, n * 256)));
  assert.equal(window.reserve("a", part(256)), false);
  window.release("a", part(256));
  assert.ok(window.reserve("a", part(256)));
});

Deno.test("ChunkWindow: where memory is used up each device has one part on its way", () => {
  const window = new ChunkWindow(() => {});
  const full = CHUNKS_IN_FLIGHT_BYTES / CHUNK_WINDOW_BYTES;
  for (let n = 0; n < full; n++) {
    for (let m = 0; m < 2; m++) assert.ok(window.reserve(`d${n}`, part(PART_BYTES_MAX, m)));
  }
  for (const device of ["x", "y"]) {
    assert.ok(window.reserve(device, part(PART_BYTES_MAX)));
    assert.equal(window.reserve(device, part(256)), false);
  }
});

Deno.test("ChunkWindow.has() knows what is on its way, by task and place", () => {
  const window = new ChunkWindow(() => {});
  const sent = new SentChunk(part(256), 0);
  assert.ok(window.reserve("a", part(256)));
  assert.equal(window.has("a", "t", part(256)), false);
  window.sent("a", "t", sent);
  assert.ok(window.has("a", "t", part(256)));
  for (
    const [device, task, other] of [
      ["b", "t", part(256)],
      ["a", "u", part(256)],
      ["a", "t", part(512)],
      ["a", "t", part(256, 256)],
    ] as const
  ) assert.equal(window.has(device, task, other), false);
  window.done("a", sent);
  assert.equal(window.has("a", "t", part(256)), false);
});

Deno.test("ChunkWindow.done() gives room back once, whatever is said of a chunk later", () => {
  const told: string[] = [];
  const window = new ChunkWindow((device) => void told.push(device));
  const sent = [0, 1].map((n) => new SentChunk(part(PART_BYTES_MAX, n * PART_BYTES_MAX), 0));
  for (const chunk of sent) {
    assert.ok(window.reserve("a", chunk.part));
    window.sent("a", "t", chunk);
  }
  for (let n = 0; n < 3; n++) window.done("a", sent[0]!);
  assert.deepEqual(told, ["a"]);
  assert.equal(window.isFree("a"), false);
  assert.ok(window.reserve("a", part(PART_BYTES_MAX)));
  assert.equal(window.reserve("a", part(256)), false);
  // Nothing was said of the other one, nor of what is only reserved.
  window.done("b", sent[1]!);
  assert.equal(window.reserve("a", part(256)), false);
});

Deno.test("ChunkWindow tells who waits for memory in the order in which they were refused", () => {
  const told: string[] = [];
  const limits: WindowLimits = { bytes: 1_000, parts: 64, allBytes: 1_000, partBytesMax: 100 };
  const window = new ChunkWindow((device) => void told.push(device), limits);
  for (let n = 0; n < 9; n++) assert.ok(window.reserve("rich", part(100, n)));
  for (const device of ["b", "a", "c"]) {
    assert.ok(window.reserve(device, part(50)));
    assert.equal(window.reserve(device, part(100)), false);
  }
  window.release("rich", part(100));
  assert.deepEqual(told, [], "there is no memory for any part yet");
  window.release("rich", part(100));
  assert.deepEqual(told, ["b", "a", "c", "rich"], "and who had most comes last");
});

Deno.test("ChunkWindow: whoever has nothing on its way is told at once, and waits for nobody", () => {
  const told: string[] = [];
  const limits: WindowLimits = { bytes: 1_000, parts: 64, allBytes: 100, partBytesMax: 100 };
  const window = new ChunkWindow((device) => void told.push(device), limits);
  assert.ok(window.reserve("a", part(100)));
  assert.equal(window.reserve("a", part(100)), false);
  assert.ok(window.reserve("b", part(100)));
  window.release("b", part(100));
  assert.deepEqual(told, ["b"]);
  assert.ok(window.isFree("b"));
});

/** Devices that always want more, each of them parts of its own size. */
const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });
const turns = fc.array(fc.nat(), { minLength: 50, maxLength: 300 });

Deno.test("ChunkWindow keeps its bounds whoever is done when, nobody starves, and nothing is left", () => {
  fc.assert(
    fc.property(sizes, turns, fc.integer({ min: 100, max: 600 }), (sizes, turns, allBytes) => {
      const limits: WindowLimits = { bytes: 300, parts: 5, allBytes, partBytesMax: 100 };
      const underWay: { device: string; chunk: SentChunk }[] = [];
      const got = new Map<string, number>();
      let isOver = false;
      const take = (device: string) => {
        if (isOver) return;
        const one = part(sizes[Number(device)]!);
        while (window.reserve(device, one)) {
          const chunk = new SentChunk(one, 0);
          window.sent(device, "t", chunk);
          underWay.push({ device, chunk });
        }
      };
      const window = new ChunkWindow(take, limits);
      const devices = sizes.map((_, n) => String(n));
      for (const device of devices) take(device);
      const check = () => {
        const bytes = (all: typeof underWay) => all.reduce((sum, { chunk }) => sum + chunk.sent, 0);
        for (const device of devices) {
          const own = underWay.filter((one) => one.device === device);
          assert.ok(own.length >= 1, `${device} has nothing on its way`);
          assert.ok(own.length <= limits.parts && bytes(own) <= limits.bytes);
        }
        // One each goes always.
        const beyond = sizes.reduce((sum, size) => sum + size, 0);
        assert.ok(bytes(underWay) <= Math.max(allBytes, 0) + beyond);
      };
      check();
      for (const turn of turns) {
        const [{ device, chunk }] = underWay.splice(turn % underWay.length, 1) as [
          typeof underWay[0],
        ];
        window.done(device, chunk);
        got.set(device, (got.get(device) ?? 0) + 1);
        check();
      }
      isOver = true;
      for (const { device, chunk } of underWay) window.done(device, chunk);
      for (const device of devices) assert.ok(window.isFree(device));
      // All memory is free again: one device has its whole window.
      const fill = Math.min(limits.parts, Math.floor(Math.min(limits.bytes, allBytes) / 60));
      for (let n = 0; n < fill; n++) assert.ok(window.reserve("new", part(60)));
    }),
  );
});

Deno.test("ChunkWindow shares memory among those who want more, though one had all of it first", () => {
  const limits: WindowLimits = { bytes: 1_000, parts: 64, allBytes: 1_000, partBytesMax: 100 };
  const underWay: { device: string; chunk: SentChunk }[] = [];
  const took: string[] = [];
  const take = (device: string) => {
    while (window.reserve(device, part(100))) {
      const chunk = new SentChunk(part(100), 0);
      window.sent(device, "t", chunk);
      underWay.push({ device, chunk });
      took.push(device);
    }
  };
  const window = new ChunkWindow(take, limits);
  for (const device of ["a", "b", "c", "d"]) take(device);
  assert.equal(took.filter((device) => device === "a").length, 10);
  took.length = 0;
  for (let n = 0; n < 400; n++) {
    const [{ device, chunk }] = underWay.splice(0, 1) as [typeof underWay[0]];
    window.done(device, chunk);
  }
  for (const device of ["a", "b", "c", "d"]) {
    const share = took.filter((other) => other === device).length;
    assert.ok(share > 60, `${device} took ${share} of ${took.length}`);
  }
});
