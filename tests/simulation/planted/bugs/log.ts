/** Bugs in what is written, and in what is made of it again. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const logBugs: readonly Bug[] = [
  bug(
    "a row is chained to the one before the last",
    ["I16", "I5"],
    "engine/workspace.ts",
    "open.head = { version: row.version, hash: row.hash };",
    "open.head = { version: row.version, hash: open.head.hash };",
  ),
  bug(
    "data is hashed without its salt",
    ["I16", "I5"],
    "log/row.ts",
    "joined(Uint8Array.fromHex(salt), data)",
    "joined(LEAF, data)",
  ),
  bug(
    "more is erased than the log says",
    ["I16"],
    "engine/workspace.ts",
    "write.erasedThrough = through;",
    "write.erasedThrough = through + 2;",
    { erase: 500_000 },
  ),
  bug(
    "less is erased than the log says",
    ["I16"],
    "engine/workspace.ts",
    "write.erasedThrough = through;",
    "write.erasedThrough = through - 1;",
    { erase: 500_000 },
  ),
  bug(
    "a row leaves out all moves but the first",
    ["L1", "I5", "I8", "I9", "lifecycle"],
    "engine/streams.ts",
    "outcome: { effects, moves },",
    "outcome: { effects, moves: moves.slice(0, 1) },",
  ),
  bug(
    "the read model misses a task",
    ["I5"],
    "engine/streams.ts",
    "tasks: step.tasks },",
    "tasks: step.tasks.slice(0, 1) },",
  ),
  bug(
    "a decision looks at the clock",
    ["I5"],
    "upgrade/assigns.ts",
    "queuedAt: input.at,",
    "queuedAt: input.at + Math.floor(performance.now()) % 10,",
  ),
  {
    name: "a decision depends on what is in memory",
    finds: ["I5", "I6"],
    edits: [
      {
        file: "upgrade/lifecycle.ts",
        find: "/** Gives the event to the task.",
        replace: "const known = new WeakSet<Task>();\n\n/** Gives the event to the task.",
      },
      {
        file: "upgrade/lifecycle.ts",
        find: "return { task: { ...context.task, state: target }, effects, accepted: true };",
        replace: "const next = { ...context.task, state: target };\n" +
          "  const told = task.offered && !known.has(task) ? [] : effects;\n" +
          "  known.add(next);\n  return { task: next, effects: told, accepted: true };",
      },
    ],
  },
  bug(
    "another writer is not noticed",
    ["I19"],
    "engine/ledger.ts",
    "if (head.epoch > epoch + 1) {",
    "if (head.epoch > epoch + 1_000) {",
    { engineFreeze: 20_000, twoEngines: 700_000 },
  ),
];
