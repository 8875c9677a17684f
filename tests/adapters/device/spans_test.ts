import assert from "node:assert/strict";
import { nextSpan, without } from "../../../adapters/device/spans.ts";
import type { Span } from "../../../adapters/device/spans.ts";

const missing: Span[] = [[10, 20], [30, 50]];

const taken: [bytes: Span, left: Span[]][] = [
  [[10, 12], [[12, 20], [30, 50]]],
  [[10, 20], [[30, 50]]],
  [[13, 15], [[10, 13], [15, 20], [30, 50]]],
  [[15, 35], [[10, 15], [35, 50]]],
  [[0, 60], []],
  [[20, 30], missing],
  [[12, 12], [[10, 12], [12, 20], [30, 50]]],
];

for (const [bytes, left] of taken) {
  Deno.test(`without() leaves the rest when bytes ${bytes.join(" to ")} are stored`, () =>
    assert.deepEqual(without(missing, bytes), left));
}

const asked: [missing: Span[], chunkBytes: number, next: Span | undefined][] = [
  [[], 16, undefined],
  [[[0, 100]], 16, [0, 16]],
  // In the middle of a chunk it goes on to that chunk's end, whatever size chunks have now.
  [[[20, 100]], 16, [20, 32]],
  [[[20, 100]], 64, [20, 64]],
  [[[96, 100]], 16, [96, 100]],
  [[[32, 48], [80, 96]], 16, [32, 48]],
];

for (const [missing, chunkBytes, next] of asked) {
  Deno.test(`nextSpan() of ${JSON.stringify(missing)} in chunks of ${chunkBytes} is ${next}`, () =>
    assert.deepEqual(nextSpan(missing, chunkBytes), next));
}
