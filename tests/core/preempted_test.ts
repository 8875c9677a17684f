/** What becomes of a task that had to yield, and what its device is told (PROTOCOL §1). */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { OTHER } from "./support/given.ts";
import type * as s from "./support/stories.ts";
import { at, imageOf, kinds, listen, order, PUMP, says, taskOf, told } from "./support/stories.ts";

const DAY = 86_400_000;

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
