/** What was given out for a task, counted beside the loop. */
import assert from "node:assert/strict";
import fc from "fast-check";
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

/** A message of 100 bytes, beside others. */
function message(from: number, more: Partial<ServedRange> = {}): ServedRange {
  return range(from, 100, { connection: 0, ownMs: 0, ...more });
}

const beside: [string, ServedRange[], string][] = [
  [
    "messages side by side",
    [message(0, { state: "open" }), message(100, { state: "open" }), message(200)],
    "300 in 3, 0 again, 0 cuts, 0 stalls",
  ],
  [
    "messages that arrive in another order",
    [message(200), message(0), message(100)],
    "300 in 3, 0 again, 0 cuts, 0 stalls",
  ],
  [
    "a message that was lost, and comes again",
    [message(0), message(100, { state: "cut" }), message(100)],
    "300 in 3, 100 again, 1 cuts, 0 stalls",
  ],
  [
    "a message is not cut short by another: it arrives whole, or not at all",
    [message(0), message(50), range(120, 80)],
    "280 in 3, 80 again, 0 cuts, 0 stalls",
  ],
  [
    "an answer that was cut goes on by messages at the byte where it stopped",
    [range(0, 600, { state: "cut" }), message(250, { state: "open" }), message(350)],
    "450 in 3, 0 again, 1 cuts, 0 stalls",
  ],
  [
    "an answer that nobody reads any more goes on by messages",
    [range(0, 600, { state: "open" }), message(250, { state: "open" }), message(350)],
    "450 in 3, 0 again, 1 cuts, 0 stalls",
  ],
  [
    "messages go on by an answer at the byte where they stopped",
    [message(0), message(100), range(200, 400)],
    "600 in 3, 0 again, 0 cuts, 0 stalls",
  ],
  [
    "there and back again",
    [
      range(0, 600, { state: "cut" }),
      message(250),
      message(350, { state: "cut" }),
      range(350, 300, { state: "cut", connection: SECOND }),
      message(500),
    ],
    "700 in 5, 100 again, 3 cuts, 0 stalls",
  ],
];

for (const [what, ranges, expected] of beside) {
  Deno.test(`Transfers.soFar(): ${what}`, () => assert.equal(sums(offered, ...ranges), expected));
}

Deno.test("Transfers.soFar(): a message takes the time that is its own, however long it was on its way", () => {
  const transfers = new Transfers();
  for (const [index, ownMs] of [10, 20, 30].entries()) {
    transfers.begin(offered, message(100 * index, { ownMs, sentAt: 500 }), 5);
  }
  assert.equal(transfers.soFar(offered)!.ms, 60);
  assert.deepEqual(transfers.lastGiven(offered), { from: 200, at: 500 });
});

Deno.test("Transfers: whatever is fetched how, each byte counts as often as it was given out", () => {
  const pieces = fc.array(
    fc.record({
      from: fc.integer({ min: 0, max: 20 }),
      count: fc.integer({ min: 1, max: 5 }),
      isMessage: fc.boolean(),
      state: fc.constantFrom("open", "complete", "cut", "stalled"),
    }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(fc.property(pieces, (pieces) => {
    const ranges = pieces.map(({ from, count, isMessage, state }, n) => {
      // Nothing begins within another: what an answer lost is told of above.
      const [at, sent] = isMessage ? [from * 100, count * 100] : [from * 100, 100];
      const more = isMessage ? { ownMs: 1, connection: 0 } : { connection: n + 1 };
      return range(at, sent, { state: state as ServedRange["state"], ...more });
    });
    const transfers = new Transfers();
    for (const one of ranges) transfers.begin(offered, one, 1);
    const { bytes, requests, repeated, cuts, stalls } = transfers.soFar(offered)!;
    const times = new Map<number, number>();
    for (const { from, sent } of ranges) {
      for (let at = from; at < from + sent; at += 100) times.set(at, (times.get(at) ?? 0) + 1);
    }
    const sum = ranges.reduce((sum, { sent }) => sum + sent, 0);
    const ended = (wanted: string) => ranges.filter(({ state }) => state === wanted).length;
    assert.deepEqual([bytes, requests, repeated, cuts, stalls], [
      sum,
      ranges.length,
      sum - times.size * 100,
      ended("cut"),
      ended("stalled"),
    ]);
  }));
});

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
