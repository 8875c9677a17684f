/** A device's fold under any sequence of facts: what must hold at every prefix. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, isActive, isTerminal, stepDevice } from "../../core/mod.ts";
import type { Device, DeviceFact, Task } from "../../core/mod.ts";
import { policy, T0 } from "./support/given.ts";
import { live, registered, stories } from "./support/histories.ts";

const runs = { numRuns: 400 };
const tasksOf = (device: Device): Task[] => [...device.tasks, ...device.ended];

Deno.test("stepDevice() never has two active tasks (I1), nor more attempts than the policy (I3)", () => {
  fc.assert(
    fc.property(stories, (story) => {
      for (const device of live(story).states) {
        assert.ok(device.tasks.filter(isActive).length <= 1);
        for (const { attempt, policy } of tasksOf(device)) assert.ok(attempt <= 1 + policy.retries);
        assert.ok(device.ended.every(isTerminal) && !device.tasks.some(isTerminal));
      }
    }),
    runs,
  );
});

Deno.test("stepDevice() leaves the device as it was that it is given", () => {
  fc.assert(
    fc.property(stories, (story) => {
      let device: Device | undefined;
      for (const fact of live(story).facts) {
        const before = device && structuredClone(device);
        const after = stepDevice(device, fact).device;
        assert.deepEqual(device, before, fact.type);
        device = after;
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("stepDevice() lets a task succeed only with the evidence its completion names (I2)", () => {
  fc.assert(
    fc.property(stories, (story) => {
      const { facts } = live(story);
      let device: Device | undefined;
      for (const fact of facts) {
        const step = stepDevice(device, fact);
        device = step.device;
        for (const { task: id, to } of step.moves) {
          if (to !== "succeeded") continue;
          const { policy }: Task = device.ended.find((task) => task.id === id)!;
          const runs = "running" in fact.data && fact.data.running === policy.image;
          const digest = "checksum" in fact.data && fact.data.checksum === policy.image || runs;
          const version = runs || "version" in fact.data && fact.data.version === policy.version ||
            "current_version" in fact.data && fact.data.current_version === policy.version;
          assert.ok(policy.completion === "verified" ? digest : version, fact.type);
        }
      }
    }),
    runs,
  );
});

const rank = { security: 0, normal: 1, low: 2 };

Deno.test("stepDevice() lets a task yield only to a higher class, and keeps what it had reached", () => {
  let yielded = 0;
  fc.assert(
    fc.property(stories, (story) => {
      const { states } = live(story);
      for (const [index, device] of states.entries()) {
        for (const before of states[index - 1]?.tasks ?? []) {
          const after = device.tasks.find(({ id }) => id === before.id);
          if (!after || !isActive(before) || after.reason !== "preempted") continue;
          yielded++;
          const active = device.tasks.find(isActive)!;
          assert.ok(rank[active.policy.priority] < rank[before.policy.priority]);
          const isUnanswered = before.state === "offered" && !before.answered;
          assert.ok(isUnanswered || active.policy.priority === "security");
          // Who comes back with the old image is at the beginning of its next attempt, and yields there.
          const spent = Number(after.failure === "old_image" && before.state === "confirming");
          const settled = ["installing", "rebooting", "confirming"];
          assert.ok(spent > 0 || !settled.includes(before.state));
          assert.deepEqual([after.state, after.attempt], ["queued", before.attempt + spent]);
          assert.deepEqual(after.queuedAt, before.queuedAt);
        }
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(yielded > 5, `only ${yielded} tasks had to yield`);
});

Deno.test("stepDevice() leaves no task behind that goes first, once the device asks or listens", () => {
  fc.assert(
    fc.property(stories, (story) => {
      const { facts, states } = live(story);
      for (const [index, device] of states.entries()) {
        const { type, data } = facts[index]!;
        const isThere = type === "UpdateRequested" ||
          type === "ContactChanged" && (data as { contact: string }).contact === "listening";
        if (!isThere || device.revoked) continue;
        const active = device.tasks.find(isActive);
        const open = device.tasks.filter((task) =>
          task !== active && facts[index]!.at < task.queuedAt + task.policy.expires_in_ms
        );
        assert.ok(active || open.length === 0, "a device that is there has no task in hand");
        for (const { policy: { priority } } of open) {
          const isHigher = rank[priority] < rank[active!.policy.priority];
          const settled = ["installing", "rebooting", "confirming"];
          if (!isHigher || settled.includes(active!.state)) continue;
          assert.ok(priority !== "security" && (active!.state !== "offered" || active!.answered));
        }
      }
    }),
    runs,
  );
});

/** What an attempt is spent by (DESIGN §2); everything else leaves it. */
function spends(fact: DeviceFact, { state, policy }: Task): boolean {
  const { type, data } = fact;
  if (type === "UpdateRequested") {
    return policy.completion === "seen" ? state === "confirming" : data.fetch_only === true;
  }
  return type === "DigestReported" || type === "ChunkFailed" ||
    type === "StatusReported" && data.status === "failed" ||
    type === "DeadlinePassed" && ["downloading", "retrying", "verifying"].includes(data.state);
}

Deno.test("stepDevice() spends an attempt by a wrong digest, a failure or a limit met, one by one", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(stories, (story) => {
      const { facts, states } = live(story);
      for (const [index, device] of states.entries()) {
        for (const before of states[index - 1]?.tasks ?? []) {
          const after = tasksOf(device).find(({ id }) => id === before.id);
          if (!after || after.attempt === before.attempt) continue;
          assert.equal(after.attempt, before.attempt + 1);
          assert.ok(spends(facts[index]!, before), facts[index]!.type);
          seen.add(facts[index]!.type);
        }
      }
    }),
    // Often enough to walk every way, even the rarest: some 25 times.
    { numRuns: 3_000 },
  );
  assert.equal(seen.size, 5, "every way was walked");
});

Deno.test("stepDevice() owes every success from its own step on", () => {
  fc.assert(
    fc.property(stories, (story) => {
      let device: Device | undefined;
      for (const fact of live(story).facts) {
        const step = stepDevice(device, fact);
        device = step.device;
        for (const { task, to } of step.moves) {
          if (to === "succeeded") assert.ok(device.owed.some((owed) => owed.task === task));
        }
      }
    }),
    runs,
  );
});

Deno.test("stepDevice() takes nobody back behind what it runs unless an operator allowed it (I9)", () => {
  const numbers = (version: string) => Number(version.replaceAll(".", ""));
  let superseded = 0;
  fc.assert(
    fc.property(stories, (story) => {
      for (const device of live(story).states) {
        for (const { state, policy } of device.tasks) {
          if (["installing", "rebooting", "confirming"].includes(state)) continue;
          if (device.version === null || policy.allow_downgrade) continue;
          assert.ok(numbers(policy.version) >= numbers(device.version), state);
        }
        superseded += device.ended.filter(({ state }) => state === "superseded").length;
      }
    }),
    runs,
  );
  assert.ok(superseded > 20, `only ${superseded} tasks were superseded`);
});

Deno.test("stepDevice() leaves an ended task as it is, whatever comes (I8)", () => {
  fc.assert(
    fc.property(stories, (story) => {
      const ended = new Map<string, Task>();
      for (const device of live(story).states) {
        for (const task of device.ended) {
          assert.deepEqual(task, ended.get(task.id) ?? task);
          ended.set(task.id, task);
        }
        assert.ok(device.tasks.every(({ id }) => !ended.has(id)));
      }
    }),
    runs,
  );
});

Deno.test("stepDevice() gives the same states from JSON at every step (I5)", () => {
  fc.assert(
    fc.property(stories, (story) => {
      const { facts, states } = live(story);
      let device: Device | undefined;
      for (const [index, fact] of facts.entries()) {
        const restored = device && JSON.parse(canonicalJson(device));
        device = stepDevice(restored, JSON.parse(JSON.stringify(fact))).device;
        assert.equal(canonicalJson(device), canonicalJson(states[index]));
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("stepDevice() owes only for the active, the last preempted and the last ended tasks, once each", () => {
  fc.assert(
    fc.property(stories, (story) => {
      for (const device of live(story).states) {
        const preempted = device.tasks
          .filter(({ state, reason }) => state === "queued" && reason === "preempted")
          .sort((a, b) => b.since - a.since);
        const known = device.ended.find(({ offered }) => offered);
        const together = device.ended.filter(({ updatedAt }) => updatedAt === known?.updatedAt);
        const ended = together.map(({ id }) => id);
        const may = [device.tasks.find(isActive)?.id, preempted[0]?.id, ...ended];
        for (const { task } of device.owed) assert.ok(may.includes(task));
        assert.equal(new Set(device.owed.map(({ task }) => task)).size, device.owed.length);
        if (device.revoked) {
          assert.deepEqual([device.owed, device.tokens, device.tasks], [[], [], []]);
        }
      }
    }),
    runs,
  );
});

Deno.test("stepDevice() takes no seventeenth task and remembers eight ended ones", () => {
  let device = stepDevice(undefined, registered).device;
  const queue = (n: number) => {
    const data = policy({ number: 1_000_000 + n });
    const id = `OTA_20230801_${String(n).padStart(3, "0")}`;
    const fact = { type: "TaskQueued", at: T0, actor: "operator:t", task: id, data } as const;
    const step = stepDevice(device, fact);
    device = step.device;
    return step.accepted;
  };
  for (let n = 1; n <= 16; n++) assert.equal(queue(n), true);
  assert.equal(queue(17), false);
  for (const { id } of device.tasks) {
    const fact = {
      type: "CancelRequested",
      at: T0,
      actor: "operator:t",
      task: id,
      data: {},
    } as const;
    device = stepDevice(device, fact).device;
  }
  assert.equal(device.ended.length, 8);
  assert.equal(device.ended[0]?.id, "OTA_20230801_016");
});
