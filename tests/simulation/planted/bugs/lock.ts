/** Bugs with which a device has two tasks at once, or one that should have ended. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const lockBugs: readonly Bug[] = [
  bug(
    "the next task does not wait for the active one",
    ["I1", "lifecycle"],
    "device/queue.ts",
    "return !next || !active || goesAhead(next, active) ? next : undefined;",
    "return next;",
  ),
  bug(
    "nothing is ever offered",
    ["L1"],
    "device/queue.ts",
    "return !next || !active || goesAhead(next, active) ? next : undefined;",
    "return next && !next ? next : undefined;",
  ),
  bug(
    "what is of low priority is never offered",
    ["L1"],
    "device/queue.ts",
    "tasks.find((task) => isWaiting(task) && at < expiresAt(task));",
    'tasks.find((t) => isWaiting(t) && t.policy.priority !== "low" && at < expiresAt(t));',
  ),
  bug(
    "an installing device is disturbed",
    ["I1"],
    "device/queue.ts",
    '["installing", "rebooting", "confirming"]',
    "[]",
  ),
  bug(
    "a preempted task keeps the lock",
    ["I1"],
    "upgrade/transitions.ts",
    'Preempt: { target: "queued"',
    'Preempt: { target: "paused"',
  ),
  bug(
    "a failed task keeps the lock",
    ["I1", "I5", "L1"],
    "upgrade/task.ts",
    "return terminal.has(task.state);",
    'return terminal.has(task.state) && task.state !== "failed";',
  ),
  {
    name: "a late digest moves a task that timed out",
    finds: ["I8"],
    edits: [
      {
        file: "upgrade/machine.ts",
        find: 'timed_out: { type: "final" },',
        replace: "timed_out: { on: { ...verifies } },",
      },
      {
        file: "device/fold.ts",
        find: "const task = this.#device.tasks.find((task) => task.id === id);",
        replace: "const task = [...this.#device.tasks, ...this.#device.ended]" +
          ".find((task) => task.id === id);",
      },
      {
        file: "device/interpret.ts",
        find: 'if (isTerminal(found)) return refused("ended"',
        replace: 'if (isTerminal(found) && report.kind !== "verify") return refused("ended"',
      },
    ],
  },
  bug(
    "a task number is given twice",
    ["I1", "I5", "I7", "I8"],
    "engine/sealing.ts",
    "this.#position = { ...this.#position, lastTask, restores: 0 };",
    "",
  ),
  bug(
    "a revoked device goes on",
    ["I5", "I7"],
    "device/fold.ts",
    "this.#change({ revoked: true, tokens: [] });",
    "this.#change({ tokens: [] });",
  ),
  bug(
    "a cancellation is answered and not done",
    ["I4"],
    "engine/decide_command.ts",
    "return work.recordDevice(device.id, fact)\n",
    "return fact.at > 0\n",
  ),
];
