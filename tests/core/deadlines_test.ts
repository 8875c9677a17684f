/** How long each state may last (DESIGN §2): at the limit and not before. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import {
  assertReplays,
  at,
  imageOf,
  listen,
  order,
  PUMP,
  says,
  taskOf,
  trickle,
  wayTo,
} from "./support/stories.ts";
import { OTHER, SIZE } from "./support/given.ts";

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

Deno.test("Engine: a download that only trickles is too slow after a day in all", async () => {
  const { b, id } = await inState(limits[3]!);
  const started = taskOf(b, id).downloadingSince;
  await trickle(b, 10 * MIN, 143);
  assert.equal(at(b, id), "downloading #1");
  await assertEnds(b, id, started + DAY, "retrying #2 too_slow");
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
