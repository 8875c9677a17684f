/** How long each state may last (DESIGN §2): at the limit, not before, and never for our own silence. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { OTHER, SIZE } from "./support/given.ts";
import { assertReplays, at, imageOf, listen, order, PUMP, rowsOf } from "./support/stories.ts";
import { says, taskOf, wayTo } from "./support/stories.ts";

const SECOND = 1_000;
const MIN = 60 * SECOND;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
/** The timer of deadlines never sleeps shorter than 250 ms. */
const TICK = 251;

/** Here a task meets its limit: the state, the operator's word for the limit, what it is, the end. */
interface Limited {
  readonly state: Parameters<typeof wayTo>[0] | "queued" | "held";
  readonly name: string;
  readonly ms: number;
  readonly end: string;
  /** The end where no retries are left. */
  readonly last?: string;
}

const limits: readonly Limited[] = [
  { state: "queued", name: "expires_in", ms: 30 * DAY, end: "timed_out #1 expired" },
  { state: "held", name: "expires_in", ms: 30 * DAY, end: "timed_out #1 expired" },
  { state: "offered", name: "offered", ms: DAY, end: "held #1 offline" },
  {
    state: "downloading",
    name: "downloading",
    ms: 15 * MIN,
    end: "retrying #2 no_progress",
    last: "timed_out #1 no_progress",
  },
  {
    state: "retrying",
    name: "retrying",
    ms: 15 * MIN,
    end: "retrying #3 silent",
    last: "timed_out #2 silent",
  },
  {
    state: "verifying",
    name: "verifying",
    ms: 15 * MIN,
    end: "retrying #3 silent",
    last: "timed_out #2 silent",
  },
  { state: "paused", name: "paused", ms: 7 * DAY, end: "held #1 offline" },
  { state: "awaiting_install", name: "awaiting_install", ms: 7 * DAY, end: "timed_out #1 silent" },
  { state: "installing", name: "installing", ms: 30 * MIN, end: "failed #1 silent" },
  { state: "rebooting", name: "rebooting", ms: 15 * MIN, end: "lost #1 silent" },
  { state: "confirming", name: "confirming", ms: 10 * MIN, end: "failed #1 silent" },
];

/** A task of a connected device that does not listen, just brought into the state. */
async function inState({ state }: Limited, more = {}): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  b.engine.connected(PUMP, "c1");
  const id = await order(b, "2.0.0", { completion: "booted", ...more });
  if (state === "queued") return { b, id };
  await says(b, ["request", {}]);
  if (state === "held") await b.clock.pass(DAY + TICK);
  else await says(b, ...wayTo(state, imageOf("2.0.0")));
  // An hour's deferral would end before the limit of the pause.
  if (state === "paused") await says(b, ["status", { status: "deferred", delay_seconds: 1e7 }]);
  assert.equal(taskOf(b, id).state, state);
  return { b, id };
}

/** Lets time pass until the limit is met: at its instant, not a millisecond before. */
async function assertEnds(b: Bench, id: string, dueMs: number, end: string): Promise<void> {
  const before = at(b, id);
  await b.clock.pass(dueMs - b.engine.now() - 1);
  assert.equal(at(b, id), before, "before the limit");
  await b.clock.pass(1 + TICK);
  assert.equal(at(b, id), end);
  assertReplays(b);
}

function startOf(b: Bench, id: string, { name }: Limited): number {
  const { queuedAt, since } = taskOf(b, id);
  return name === "expires_in" ? queuedAt : since;
}

for (const limited of limits) {
  const { state, name, ms, end, last } = limited;
  Deno.test(`Engine: a task in ${state} meets its limit after ${ms / MIN} min: ${end}`, async () => {
    const { b, id } = await inState(limited);
    await assertEnds(b, id, startOf(b, id, limited) + ms, end);
  });

  Deno.test(`Engine: a task in ${state} meets the limit that its operator set: ${end}`, async () => {
    const more = name === "expires_in" ? { expires_in: 2 * 86_400 } : { limits: { [name]: 400 } };
    const { b, id } = await inState(limited, more);
    const set = name === "expires_in" ? 2 * DAY : 400 * SECOND;
    await assertEnds(b, id, startOf(b, id, limited) + set, end);
  });

  if (last) {
    Deno.test(`Engine: a task in ${state} without retries left meets its limit: ${last}`, async () => {
      const { b, id } = await inState(limited, { retries: state === "downloading" ? 0 : 1 });
      await assertEnds(b, id, startOf(b, id, limited) + ms, last);
    });
  }

  Deno.test(`Engine: ${state}: an outage counts for nothing; five minutes after it the limit does`, async () => {
    for (const [set, grace] of [[ms, 5 * MIN], [60 * SECOND, 60 * SECOND]] as const) {
      if (name === "expires_in" && set !== ms) continue;
      const more = name === "expires_in" ? {} : { limits: { [name]: set / SECOND } };
      const { b, id } = await inState(limited, more);
      const before = at(b, id);
      b.clock.skew += (name === "expires_in" ? 60 : 20) * DAY;
      await b.restart();
      b.engine.connected(PUMP, "c2");
      await b.clock.pass(grace - 1);
      assert.equal(at(b, id), before, "within the grace");
      await b.clock.pass(1 + TICK);
      assert.equal(at(b, id).split(" ").slice(0, 2).join(" "), end.split(" ", 2).join(" "));
    }
  });
}

/** Progress of a few bytes every so often; the device is there all the time. */
async function trickle(b: Bench, everyMs: number, times: number, from = 50_000): Promise<void> {
  for (let n = 1; n <= times; n++) {
    await b.clock.pass(everyMs);
    await says(b, ["progress", { received: from + n }]);
  }
}

async function downloading(more = {}): Promise<{ b: Bench; id: string }> {
  return await inState(limits.find(({ state }) => state === "downloading")!, more);
}

Deno.test("Engine: a download that only trickles is too slow after a day in all", async () => {
  const { b, id } = await downloading();
  const started = taskOf(b, id).downloadingSince;
  await trickle(b, 10 * MIN, 143);
  assert.equal(at(b, id), "downloading #1");
  await assertEnds(b, id, started + DAY, "retrying #2 too_slow");
});

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

Deno.test("Engine: no cut, resume, repeated offer or deferral spends an attempt", async () => {
  const b = await bench();
  await listen(b);
  const id = await order(b);
  await b.clock.pass(3 * DAY);
  assert.equal(at(b, id), "offered #1", "an offer that nobody answers");
  for (let n = 1; n <= 5; n++) {
    await says(b, ["progress", { received: n * SIZE / 10 }]);
    b.engine.disconnected(PUMP, "c1");
    await b.clock.pass(DAY);
    assert.equal(at(b, id), "paused #1 gone");
    await listen(b);
    await says(b, ["status", { status: "deferred" }]);
    await b.clock.pass(HOUR + TICK);
    assert.equal(at(b, id), "downloading #1");
  }
  await says(b, ["verify", { checksum: OTHER }]);
  assert.equal(at(b, id), "retrying #2 wrong_digest");
});
