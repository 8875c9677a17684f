/** A device that fetches and says nothing makes progress all the same (DESIGN §2, `downloading`). */
import assert from "node:assert/strict";
import type { ServedRange } from "../../core/engine/mod.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE } from "./support/given.ts";
import { assertReplays, at, listen, order, PUMP, says } from "./support/stories.ts";

const MINUTE = 60_000;

/** An answer under way, whose bytes are taken by `take`. */
async function fetchFrom(
  b: Bench,
  from: number,
  connection = 1,
): Promise<{ take: (bytes: number) => void }> {
  const range = { from, sent: 0, sentAt: b.engine.now(), state: "open" as const, connection };
  const served: ServedRange = range;
  const sha256 = IMAGE.slice(7);
  await b.engine.submit({ kind: "artifact", device: PUMP, sha256, range: served });
  const take = (bytes: number) => {
    range.sent += bytes;
    range.sentAt = b.engine.now();
  };
  return { take };
}

async function downloading(limits = {}): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  const id = await order(b, "2.0.0", { limits });
  await listen(b);
  return { b, id };
}

Deno.test("Engine: one long answer is progress as long as its bytes are taken, and 15 min after", async () => {
  const { b, id } = await downloading();
  const answer = await fetchFrom(b, 0);
  for (let n = 0; n < 12; n++) {
    await b.clock.pass(5 * MINUTE);
    answer.take(1_000);
  }
  assert.equal(at(b, id), "downloading #1");
  await b.clock.pass(15 * MINUTE - 1);
  assert.equal(at(b, id), "downloading #1");
  await b.clock.pass(1_000);
  assert.equal(at(b, id), "retrying #2 no_progress");
  const facts = b.store.rows.map(({ bytes }) => JSON.parse(bytes).type as string);
  // One at the begin, then at most one for each time that the limit would have passed.
  assert.ok(facts.filter((type) => type === "ArtifactRequested").length <= 8);
  assertReplays(b);
});

Deno.test("Engine: range after range is progress, with few facts", async () => {
  const { b, id } = await downloading();
  for (let n = 0; n < 90; n++) {
    const range = await fetchFrom(b, n * 1_000, n);
    range.take(1_000);
    await b.clock.pass(MINUTE);
  }
  assert.equal(at(b, id), "downloading #1");
  const facts = b.store.rows.map(({ bytes }) => JSON.parse(bytes).type as string);
  assert.ok(facts.filter((type) => type === "ArtifactRequested").length <= 14);
  assertReplays(b);
});

Deno.test("Engine: an answer of which nothing is taken is no progress", async () => {
  const { b, id } = await downloading();
  await fetchFrom(b, 0);
  await b.clock.pass(15 * MINUTE + 1_000);
  assert.equal(at(b, id), "retrying #2 no_progress");
});

Deno.test("Engine: whoever only trickles is stopped after 24 h in all", async () => {
  const { b, id } = await downloading();
  const answer = await fetchFrom(b, 0);
  for (let n = 0; n < 24 * 12 - 1; n++) {
    await b.clock.pass(5 * MINUTE);
    answer.take(1);
  }
  assert.equal(at(b, id), "downloading #1");
  await b.clock.pass(6 * MINUTE);
  assert.equal(at(b, id), "retrying #2 too_slow");
});

Deno.test("Engine: whoever goes on taking bytes when the limit of all passes is stopped then", async () => {
  const { b, id } = await downloading({ downloading: 900, downloading_total: 1_800 });
  const answer = await fetchFrom(b, 0);
  const takeFor = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await b.clock.pass(100);
      answer.take(1);
    }
  };
  await takeFor(30 * MINUTE - 1_000);
  assert.equal(at(b, id), "downloading #1");
  await takeFor(2_000);
  assert.equal(at(b, id), "retrying #2 too_slow");
  assertReplays(b);
});

Deno.test("Engine: a busy machine, whose timers come late, lengthens no download", async () => {
  const { b, id } = await downloading({ downloading: 900, downloading_total: 3_600 });
  const answer = await fetchFrom(b, 0);
  for (let passed = 0; passed < 61 * MINUTE; passed += 3_500) {
    await b.clock.freeze(3_500);
    answer.take(1);
  }
  assert.equal(at(b, id), "retrying #2 too_slow");
});

Deno.test("Engine: progress that was reported counts from its report, not from the last byte before", async () => {
  const { b, id } = await downloading();
  const answer = await fetchFrom(b, 0);
  answer.take(50_000);
  await b.clock.pass(10 * MINUTE);
  await says(b, ["progress", { received: 50_000 }]);
  await b.clock.pass(14 * MINUTE);
  assert.equal(at(b, id), "downloading #1");
});
