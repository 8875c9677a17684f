/** Our own silence never counts against a device: outages, clocks that step, engines that stood still. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { assertReplays, at, order, PUMP, rowsOf, says, trickle } from "./support/stories.ts";

const SECOND = 1_000;
const MIN = 60 * SECOND;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
/** The timer of deadlines never sleeps shorter than 250 ms. */
const TICK = 251;

/** A connected device that has fetched a part of its image. */
async function downloading(): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  b.engine.connected(PUMP, "c1");
  const id = await order(b);
  await says(b, ["request", {}], ["progress", { received: 40_000 }]);
  return { b, id };
}

Deno.test("Engine: an outage of any length costs a device that goes on no attempt", async () => {
  for (const [days, asks] of [[0.5, false], [1, true], [3, false], [60, true]] as const) {
    const { b, id } = await downloading();
    await trickle(b, MIN, 3);
    b.clock.skew += days * DAY;
    await b.restart();
    b.engine.connected(PUMP, "c2");
    if (asks) await says(b, ["request", { resume_from: 49_152 }]);
    await trickle(b, MIN, 30, 60_000);
    assert.equal(at(b, id), "downloading #1", `${days} days`);
    assertReplays(b);
  }
});

Deno.test("Engine: nor one that is found gone after the outage, and comes back", async () => {
  for (const said of ["gone", "deferred"]) {
    const { b, id } = await downloading();
    b.clock.skew += 3 * DAY;
    await b.restart();
    if (said === "gone") await b.clock.pass(MIN);
    else await says(b, ["status", { status: "deferred", delay_seconds: 60 }]);
    assert.equal(at(b, id), `paused #1 ${said}`);
    b.engine.connected(PUMP, "c2");
    await says(b, ["request", {}]);
    await trickle(b, MIN, 30, 60_000);
    assert.equal(at(b, id), "downloading #1");
  }
});

Deno.test("Engine: several runs each shorter than five minutes count against nobody", async () => {
  const { b, id } = await downloading();
  for (let run = 0; run < 6; run++) {
    b.clock.skew += HOUR;
    if (run % 2 === 0) await b.engine.stop();
    await b.restart();
    b.engine.connected(PUMP, `c${run}`);
    await b.clock.pass(5 * MIN - SECOND);
  }
  assert.equal(at(b, id), "downloading #1");
  await b.clock.pass(SECOND + TICK);
  assert.equal(at(b, id), "retrying #2 no_progress");
});

for (const days of [-20, -1, 1, 20]) {
  Deno.test(`Engine: a wall clock that steps by ${days} days spends no attempt, and is on record`, async () => {
    const { b, id } = await downloading();
    await b.clock.pass(10 * MIN);
    b.clock.skew += days * DAY;
    const before = b.engine.now();
    await trickle(b, MIN, 30);
    assert.equal(at(b, id), "downloading #1");
    assert.ok(b.engine.now() >= before + 30 * MIN);
    const steps = rowsOf(b).filter(({ type }) => type === "ClockStepped");
    assert.deepEqual(steps.map(({ data }) => data), [{ by_ms: days * DAY }]);
    await b.clock.pass(16 * MIN);
    assert.equal(at(b, id), "retrying #2 no_progress", "limits still hold");
    assertReplays(b);
  });
}

/** Ways in which the engine is away for a while though it never ends. */
const absences: Readonly<Record<string, (b: Bench) => Promise<void>>> = {
  "suspended with its machine": (b) => Promise.resolve(void (b.clock.skew += 8 * HOUR)),
  "stopped while time goes on": (b) => b.clock.freeze(8 * HOUR),
};

for (const [name, away] of Object.entries(absences)) {
  Deno.test(`Engine: ${name}, it gives every device five minutes before it counts`, async () => {
    const { b, id } = await downloading();
    await b.clock.pass(15 * MIN - 10 * SECOND);
    await away(b);
    await b.clock.pass(5 * MIN - TICK);
    assert.equal(at(b, id), "downloading #1");
    await says(b, ["progress", { received: 70_000 }]);
    await b.clock.pass(10 * MIN);
    assert.equal(at(b, id), "downloading #1", "it went on in time");
    await b.clock.pass(5 * MIN + TICK);
    assert.equal(at(b, id), "retrying #2 no_progress");
  });
}

Deno.test("Engine: stopped long before the next deadline, it counts from when it went on", async () => {
  const { b, id } = await downloading();
  await b.clock.pass(MIN);
  await b.clock.freeze(13 * MIN);
  await b.clock.pass(5 * MIN - SECOND);
  assert.equal(at(b, id), "downloading #1");
  await b.clock.pass(SECOND + TICK);
  assert.equal(at(b, id), "retrying #2 no_progress");
});
