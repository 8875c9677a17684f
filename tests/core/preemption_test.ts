/** Which task has the device, and which must yield (PROTOCOL §1). */
import assert from "node:assert/strict";
import type { ActiveState } from "../../core/upgrade/task.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import * as s from "./support/stories.ts";
import { at, imageOf, listen, order, says, taskOf, told, wayTo } from "./support/stories.ts";

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

Deno.test("Engine: a task that the device put off is answered: it goes on before a normal one", async () => {
  const b = await bench();
  await listen(b);
  const first = await order(b, "2.1.0", { priority: "low" });
  await says(b, ["status", { status: "deferred" }]);
  await order(b, "2.2.0");
  assert.equal(at(b, first), "paused #1 deferred");
  await says(b, ["request", {}]);
  assert.equal(at(b, first), "offered #1");
  const urgent = await order(b, "2.3.0", { priority: "security" });
  assert.deepEqual([at(b, first), at(b, urgent)], ["queued #1 preempted", "offered #1"]);
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
