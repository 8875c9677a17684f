/** What was given out for a task, counted beside the loop. */
import assert from "node:assert/strict";
import { stepTask } from "../../core/mod.ts";
import type { Task } from "../../core/mod.ts";
import { addSpan } from "../../core/engine/spans.ts";
import type { Span } from "../../core/engine/spans.ts";
import { Transfers } from "../../core/engine/transfers.ts";
import type { ServedRange } from "../../core/engine/transfers.ts";
import { given, on, queued, SIZE } from "./support/given.ts";

const [FIRST, SECOND] = [1, 2];

function range(from: number, sent: number, more: Partial<ServedRange> = {}): ServedRange {
  return { from, sent, sentAt: 0, state: "complete", connection: FIRST, ...more };
}

const offered = given(queued({ completion: "verified" }), on.turn(1));

function sums(task: Task, ...ranges: ServedRange[]): string {
  const transfers = new Transfers();
  for (const [index, range] of ranges.entries()) transfers.begin(task, range, index + 1);
  const { bytes, requests, repeated, cuts, stalls } = transfers.soFar(task)!;
  return `${bytes} in ${requests}, ${repeated} again, ${cuts} cuts, ${stalls} stalls`;
}

const table: [string, ServedRange[], string][] = [
  ["one answer", [range(0, SIZE)], "100000 in 1, 0 again, 0 cuts, 0 stalls"],
  ["one after the other", [range(0, 600), range(600, 400)], "1000 in 2, 0 again, 0 cuts, 0 stalls"],
  ["the same again", [range(0, 600), range(0, 600)], "1200 in 2, 600 again, 0 cuts, 0 stalls"],
  [
    "a part of it again",
    [range(0, 600), range(500, 400)],
    "1000 in 2, 100 again, 0 cuts, 0 stalls",
  ],
  [
    "what a cut connection still had in its buffers did not arrive",
    [range(0, 600, { state: "cut" }), range(250, 350, { connection: SECOND })],
    "600 in 2, 0 again, 1 cuts, 0 stalls",
  ],
  [
    "nor what was handed over whole to one that then broke",
    [range(0, 600), range(250, 350, { connection: SECOND })],
    "600 in 2, 0 again, 1 cuts, 0 stalls",
  ],
  [
    "nor what an answer still gives that nobody reads any more",
    [range(0, 600, { state: "open" }), range(250, 350, { connection: SECOND })],
    "600 in 2, 0 again, 1 cuts, 0 stalls",
  ],
  [
    "answers side by side",
    [range(0, 500, { state: "open" }), range(500, 500, { connection: SECOND })],
    "1000 in 2, 0 again, 0 cuts, 0 stalls",
  ],
  [
    "a device that took nothing",
    [range(0, 600, { state: "stalled" }), range(100, 500, { connection: SECOND })],
    "600 in 2, 0 again, 0 cuts, 1 stalls",
  ],
];

for (const [what, ranges, expected] of table) {
  Deno.test(`Transfers.soFar(): ${what}`, () => {
    assert.equal(sums(offered, ...ranges), expected);
  });
}

Deno.test("Transfers.soFar() grows with what is under way, and says nothing that is on record", () => {
  const transfers = new Transfers();
  const answer = { ...range(0, 100), state: "open" as ServedRange["state"] };
  transfers.begin(offered, answer, 5);
  answer.sent = 900;
  answer.sentAt = 25;
  const sum = transfers.soFar(offered)!;
  assert.deepEqual([sum.bytes, sum.ms, sum.first_at, sum.last_at], [900, 20, 5, 5]);
  const known = { ...offered, transfers: [{ ...sum, attempt: 1, bad_chunks: 0 }] };
  assert.equal(transfers.soFar(known), undefined);
  assert.deepEqual(transfers.record(known), known.transfers);
});

Deno.test("Transfers.begin() counts an answer once, though its batch is decided again", () => {
  const transfers = new Transfers();
  const answer = range(0, 600);
  for (const at of [1, 2]) transfers.begin(offered, answer, at);
  const { bytes, requests, first_at } = transfers.soFar(offered)!;
  assert.deepEqual([bytes, requests, first_at], [600, 1, 1]);
});

Deno.test("Transfers: the next attempt begins at nothing, but what was fetched before is fetched again", () => {
  const transfers = new Transfers();
  transfers.begin(offered, range(0, 4096), 1);
  const second = stepTask(offered, on.badChunks(9, 0)).task;
  assert.equal(transfers.soFar(second), undefined);
  transfers.begin(second, range(0, 4096), 10);
  const { bytes, repeated } = transfers.soFar(second)!;
  assert.deepEqual([bytes, repeated], [4096, 4096]);
  assert.deepEqual(second.transfers.map((t) => [t.attempt, t.bad_chunks]), [[1, 1]]);
});

Deno.test("Transfers go on from the record after a restart", () => {
  const before = new Transfers();
  before.begin(offered, range(0, 5_000), 1);
  const sum = before.soFar(offered)!;
  const known = { ...offered, transfers: [{ ...sum, attempt: 1, bad_chunks: 0 }] };
  const after = new Transfers();
  after.begin(known, range(4_000, 2_000, { connection: SECOND }), 2);
  const { bytes, requests, repeated } = after.soFar(known)!;
  assert.deepEqual([bytes, requests, repeated], [7_000, 2, 1_000]);
});

Deno.test("addSpan() counts what was there already, and keeps few spans whatever comes", () => {
  let spans: readonly Span[] = [];
  for (let i = 0; i < 1_000; i++) spans = addSpan(spans, [i * 100, i * 100 + 10]).spans;
  assert.equal(spans.length, 256);
  assert.deepEqual(addSpan([[0, 10], [20, 30]], [5, 25]), { spans: [[0, 30]], repeated: 10 });
  assert.deepEqual(addSpan([[0, 10]], [3, 3]), { spans: [[0, 10]], repeated: 0 });
});
