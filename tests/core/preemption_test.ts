/** Which task has the device, and what becomes of one that must yield (PROTOCOL §1). */
import assert from "node:assert/strict";
import type { ActiveState } from "../../core/upgrade/task.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { OTHER } from "./support/given.ts";
import * as s from "./support/stories.ts";
import { at, imageOf, kinds, listen, order, PUMP, says, taskOf, wayTo } from "./support/stories.ts";

const DAY = 86_400_000;
const classes = ["security", "normal", "low"] as const;

/** Which newcomer goes ahead of a task of which class, by the state of the latter. */
const ahead: Readonly<Record<ActiveState, string>> = {
  offered: "security>normal security>low normal>low",
  downloading: "security>normal security>low",
  paused: "security>normal security>low",
  retrying: "security>normal security>low",
  verifying: "security>normal security>low",
  awaiting_install: "security>normal security>low",
  installing: "",
  rebooting: "",
  confirming: "",
};
const states = Object.keys(ahead) as ActiveState[];
const yielding = states.filter((state) => ahead[state] !== "");

/** A device that listens, with a task of 2.1.0 that it has brought into the state. */
async function inState(
  state: ActiveState,
  priority: string = "low",
): Promise<{ b: Bench; first: string }> {
  const b = await bench();
  await listen(b);
  const first = await order(b, "2.1.0", { priority, completion: "booted" });
  await says(b, ...wayTo(state, imageOf("2.1.0")));
  assert.equal(taskOf(b, first).state, state);
  b.sent.length = 0;
  return { b, first };
}

/** What was sent since, as `kind task reason`. */
function told(b: Bench): string[] {
  return b.sent.splice(0).map(({ message: { kind, payload } }) =>
    [kind, "task_id" in payload && payload.task_id, "reason" in payload && payload.reason]
      .filter(Boolean).join(" ")
  );
}

for (const state of states) {
  Deno.test(`Engine: who goes ahead of a task in ${state}: ${ahead[state] || "nobody"}`, async () => {
    for (const own of classes) {
      for (const newcomer of classes) {
        const { b, first } = await inState(state, own);
        const before = taskOf(b, first);
        const second = await order(b, "2.2.0", { priority: newcomer });
        if (!ahead[state].split(" ").includes(`${newcomer}>${own}`)) {
          assert.equal(taskOf(b, first), before, `${newcomer} after ${own}`);
          assert.equal(at(b, second), "queued #1");
          assert.deepEqual(told(b), []);
          continue;
        }
        const { attempt, received, queuedAt, state: now, reason } = taskOf(b, first);
        assert.deepEqual([now, reason], ["queued", "preempted"], `${newcomer} before ${own}`);
        assert.deepEqual(
          [attempt, received, queuedAt],
          [before.attempt, before.received, before.queuedAt],
        );
        assert.equal(at(b, second), "offered #1");
        assert.deepEqual(told(b), [`cancel ${first} preempted`, `metadata ${second}`]);
        s.assertReplays(b);
      }
    }
  });
}

for (const state of yielding) {
  Deno.test(`Engine: a task that yields in ${state} comes back with its attempt and its bytes`, async () => {
    const { b, first } = await inState(state);
    const { attempt, received } = taskOf(b, first);
    await order(b, "2.0.0", { priority: "security" });
    const later = await order(b, "2.3.0", { priority: "low" });
    await says(b, ["verify", { checksum: imageOf("2.0.0") }]);
    assert.equal(at(b, first), `offered #${attempt}`, "its place is by its first queueing");
    assert.equal(at(b, later), "queued #1");
    const last = b.sent.at(-1)!.message;
    assert.ok(last.kind === "metadata" && last.payload.task_id === first);
    assert.deepEqual([last.payload.attempt, last.payload.resume_from], [attempt, received]);
    assert.equal(s.activeAtEveryPrefix(s.rowsOf(b)), 1);
  });
}

for (const state of ["installing", "rebooting", "confirming"] as const) {
  Deno.test(`Engine: from ${state} on a security task waits, and is offered at the end`, async () => {
    const { b, first } = await inState(state);
    const second = await order(b, "2.2.0", { priority: "security" });
    await says(b, ["request", {}]);
    assert.equal(at(b, second), "queued #1", "not even a request disturbs");
    const booted = ["status", { task_id: first, status: "booted", version: "2.1.0" }] as const;
    await says(b, booted);
    assert.equal(at(b, second), "offered #1");
    assert.equal(s.activeAtEveryPrefix(s.rowsOf(b)), 1);
  });
}

Deno.test("Engine: a security task that waited for an installation goes ahead when that fails", async () => {
  const { b, first } = await inState("installing");
  const second = await order(b, "2.2.0", { priority: "security" });
  await says(b, ["status", { status: "failed" }]);
  assert.deepEqual([at(b, first), at(b, second)], ["queued #2 preempted", "offered #1"]);
});

Deno.test("Engine: a device that does not listen keeps its task until it asks or listens", async () => {
  for (const comes of ["asks", "listens"]) {
    const b = await bench();
    const first = await order(b, "2.1.0");
    await says(b, ["request", {}], ["progress", { received: 40_000 }]);
    const second = await order(b, "2.2.0", { priority: "security" });
    await says(b, ["progress", { received: 60_000 }]);
    assert.deepEqual([at(b, first), at(b, second)], ["downloading #1", "queued #1"]);
    b.sent.length = 0;
    if (comes === "asks") await says(b, ["request", {}]);
    else await listen(b);
    assert.deepEqual([at(b, first), at(b, second)], ["queued #1 preempted", "offered #1"]);
    assert.deepEqual(told(b), [`cancel ${first} preempted`, `metadata ${second}`]);
    assert.equal(taskOf(b, first).received, 60_000);
  }
});

/** A task that had to yield at attempt 2, and the one that took its place. */
async function preempted(more = {}): Promise<{ b: Bench; first: string; second: string }> {
  const b = await bench();
  await listen(b);
  const first = await order(b, "2.1.0", { priority: "low", ...more });
  await says(b, ["verify", { id: "wrong", checksum: OTHER }], ["progress", { received: 40_000 }]);
  const second = await order(b, "2.2.0", { priority: "security" });
  assert.deepEqual([at(b, first), at(b, second)], ["queued #2 preempted", "offered #1"]);
  b.sent.length = 0;
  return { b, first, second };
}

Deno.test("Engine: the cancel and the new metadata are both sent again until they are delivered", async () => {
  const { b, first, second } = await preempted();
  const cancel = `cancel ${first} preempted`;
  for (const comes of [() => listen(b), () => says(b, ["request", {}]), () => b.restart()]) {
    await comes();
    if (b.sent.length === 0) await listen(b);
    assert.deepEqual(told(b), [cancel, `metadata ${second}`]);
  }
  const delivered = { kind: "delivered", device: PUMP } as const;
  await b.engine.submit({ ...delivered, task: first, message: "cancel", attempt: 2 });
  await listen(b);
  assert.deepEqual(told(b), [`metadata ${second}`]);
  await b.engine.submit({ ...delivered, task: second, message: "metadata", attempt: 1 });
  await listen(b);
  assert.deepEqual(told(b), []);
});

Deno.test("Engine: of two tasks that yield at one instant the cancel of the last is owed", async () => {
  const b = await bench();
  await listen(b);
  await order(b, "2.1.0", { priority: "low" });
  const second = await order(b, "2.2.0", { priority: "normal" });
  const third = await order(b, "2.3.0", { priority: "security" });
  b.sent.length = 0;
  await listen(b);
  assert.deepEqual(told(b), [`cancel ${second} preempted`, `metadata ${third}`]);
});

/** What a device that has not heard yet says about the task that had to yield. */
const late: readonly [name: string, said: s.Said, code: string][] = [
  ["progress", ["progress", { received: 50_000 }], "wrong_phase"],
  ["the right digest", ["verify", { checksum: imageOf("2.1.0") }], "wrong_phase"],
  ["a wrong digest", ["verify", { checksum: OTHER }], "wrong_phase"],
  ["a failure", ["status", { status: "failed" }], "wrong_phase"],
  ["an installation", ["status", { status: "installing" }], "wrong_phase"],
  ["a report that comes again", ["verify", { id: "wrong", checksum: OTHER }], "cancel"],
];

for (const [name, [kind, payload], answer] of late) {
  Deno.test(`Engine: late news of a task that had to yield: ${name} is answered ${answer}`, async () => {
    const { b, first, second } = await preempted();
    const before = taskOf(b, first);
    const named = { task_id: first, ...payload as object };
    assert.equal(kinds(await says(b, [kind, named])), answer);
    assert.equal(taskOf(b, first), before);
    assert.equal(at(b, second), "offered #1");
  });
}

Deno.test("Engine: the digest of a task that had to yield, without its id, is wrong_task", async () => {
  const { b, first, second } = await preempted();
  const answer = await says(b, ["verify", { checksum: imageOf("2.1.0") }]);
  assert.equal(kinds(answer), "wrong_task");
  assert.deepEqual([at(b, first), at(b, second)], ["queued #2 preempted", "offered #1"]);
});

Deno.test("Engine: a task that had to yield expires by its first queueing, and the device is told", async () => {
  const { b, first } = await preempted({ expires_in: 10 * 86_400 });
  await says(b, ["progress", { received: 1_000 }]);
  await says(b, ["status", { status: "deferred", delay_seconds: 30 * 86_400 }]);
  await b.clock.pass(10 * DAY - 1_000);
  assert.equal(at(b, first), "queued #2 preempted");
  b.sent.length = 0;
  await b.clock.pass(2_000);
  assert.equal(at(b, first), "timed_out #2 expired");
  assert.deepEqual(told(b).slice(0, 1), [`failed ${first} expired`]);
});

Deno.test("Engine: a task that had to yield can be cancelled, and the device is told why", async () => {
  const { b, first, second } = await preempted();
  assert.ok((await b.command({ type: "cancelTask", task: first })).ok);
  assert.equal(at(b, first), "cancelled #2 cancelled_by_operator");
  assert.deepEqual(told(b), [`cancel ${first} cancelled_by_operator`]);
  assert.equal(at(b, second), "offered #1");
});

Deno.test("Engine: a task for less than the device proved meanwhile ends superseded", async () => {
  for (const allow_downgrade of [false, true]) {
    const b = await bench();
    await listen(b);
    const first = await order(b, "2.1.0", { priority: "low", allow_downgrade });
    await order(b, "2.2.0", { priority: "security" });
    await says(b, ["verify", { checksum: imageOf("2.2.0") }]);
    assert.equal(at(b, first), allow_downgrade ? "offered #1" : "superseded #1 newer_version");
  }
});

Deno.test("Engine: the success that makes a task superfluous is still owed, and the last outcome", async () => {
  const b = await bench();
  await listen(b);
  await order(b, "2.1.0", { priority: "low" });
  const second = await order(b, "2.2.0", { priority: "security" });
  await says(b, ["verify", { checksum: imageOf("2.2.0") }]);
  b.sent.length = 0;
  await b.restart();
  await listen(b);
  assert.ok(told(b).includes(`success ${second}`));
  const idle = (await says(b, ["request", {}])).at(-1);
  assert.ok(idle?.kind === "idle");
  assert.deepEqual(idle.payload.last, { task_id: second, state: "succeeded", version: "2.2.0" });
});

Deno.test("Engine: the end of a task that the device never heard of hides no outcome from it", async () => {
  const b = await bench();
  const first = await order(b);
  await says(b, ["request", {}], ["verify", { checksum: imageOf("2.0.0") }]);
  const second = await order(b, "2.1.0");
  await b.command({ type: "cancelTask", task: second });
  b.sent.length = 0;
  const answer = await says(b, ["request", {}]);
  assert.deepEqual(told(b)[0], `success ${first}`);
  const idle = answer.at(-1);
  assert.ok(idle?.kind === "idle" && idle.payload.last?.task_id === first);
});

/** Everything that may happen to one device at once. */
async function storm(seed: number): Promise<Bench> {
  const b = await bench();
  const next = s.random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const versions = Array.from({ length: 6 }, (_, n) => `2.${n}.0`);
  for (const version of versions) await s.tryOrder(b, version, { expires_in: 1 });
  await b.clock.pass(600_000);
  if (seed % 2 === 0) await listen(b);
  const happenings = [
    () => b.upgrade(PUMP, { ...named(pick(versions)), priority: pick(classes) }),
    () => b.report(PUMP, "request", { version: pick(versions) }),
    () => b.report(PUMP, "verify", { checksum: imageOf(pick(versions)) }),
    () => b.report(PUMP, "progress", { percent: pick([1, 40, 80, 100]) }),
    () => b.report(PUMP, "status", { status: pick(["failed", "deferred", "rebooting"]) }),
    () => b.report(PUMP, "status", { status: "booted", version: pick(versions) }),
  ];
  const named = (version: string) => ({
    firmware_version: version,
    checksum: imageOf(version),
    completion: pick(["verified", "booted"]),
    allow_downgrade: true,
  });
  await Promise.all(Array.from({ length: 300 }, () => pick(happenings)()));
  return b;
}

Deno.test("Engine: whatever comes at once, never two active tasks at any prefix of the log (I1)", async () => {
  let yielded = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const b = await storm(seed);
    const rows = s.rowsOf(b);
    assert.equal(s.activeAtEveryPrefix(rows), 1, `seed ${seed}`);
    yielded += rows.flatMap((row) => row.outcome.moves).filter((m) => m.reason === "preempted")
      .length;
    s.assertReplays(b);
  }
  assert.ok(yielded > 20, `only ${yielded} tasks had to yield`);
});
