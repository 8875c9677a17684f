/** Bugs in what a device is told. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const messageBugs: readonly Bug[] = [
  bug(
    "a repeat in the middle of a retry is told to install",
    ["I6"],
    "device/standing.ts",
    'return task.attempt > 1 ? "sendRetry" : "sendMetadata";',
    'return task.attempt > 1 ? "sendVerified" : "sendMetadata";',
  ),
  bug(
    "a message leaves before its fact is durable",
    ["I6", "L4"],
    "engine/engine.ts",
    "await this.#ledger.commit(work, taken.length);",
    "dispatch(this.#ports.outbox, work, () => {});\n    await this.#ledger.commit(work, taken.length);",
  ),
  bug(
    "a cancellation is never owed",
    ["I5", "I6", "L4"],
    "device/owed.ts",
    "if (!kind || task === undefined) continue;",
    'if (!kind || task === undefined || kind === "cancel") continue;',
  ),
  bug(
    "a delivered message stays owed",
    ["I4", "I6", "L4"],
    "device/fold.ts",
    "if (owed.length < this.#device.owed.length) this.#change({ owed });",
    "if (owed.length > this.#device.owed.length) this.#change({ owed });",
  ),
  bug(
    "the delivery of one message settles another",
    ["I5", "I6", "L4"],
    "device/fold.ts",
    "o.task !== task || o.kind !== data.kind || o.attempt !== data.attempt",
    "o.task !== task",
  ),
  bug(
    "what is owed is sent once",
    ["I6", "L4"],
    "engine/decide_report.ts",
    "for (const owed of owedAt(device, work.at)) {",
    "for (const owed of owedAt(device, work.at).slice(0, 0)) {",
  ),
  bug(
    "what was delivered is sent at every contact",
    ["I6"],
    "engine/decide_report.ts",
    "for (const owed of owedAt(device, work.at)) {",
    "const again = device.ended.map(({ id: task, attempt }) => " +
      '({ task, attempt, kind: "failed" as const, at: 0 }));\n' +
      "  for (const owed of [...again, ...owedAt(device, work.at)]) {",
  ),
  bug(
    "what is owed lapses within minutes",
    ["I5", "I6", "L4"],
    "protocol/limits.ts",
    "export const OWED_FOR_MS = 7 * 86_400_000;",
    "export const OWED_FOR_MS = 7 * 60_000;",
  ),
  bug(
    "the end of a task is not told",
    ["I6", "L4"],
    "upgrade/transitions.ts",
    '{ target: "failed", actions: [enter(reason), "sendFailed"] },',
    '{ target: "failed", actions: [enter(reason)] },',
  ),
  bug(
    "who installs is told to install",
    ["I5", "I6"],
    "device/owed.ts",
    "device.revoked || isKnownTo(device, owed)) return false;",
    "device.revoked) return false;",
  ),
  bug(
    "nobody is called again when the store has recovered",
    ["L4"],
    "engine/engine.ts",
    "if (this.#presence.isReachable) this.callAll();",
    "",
    { writeError: 200_000, loss: 0, brokerCrash: 0, engineCrash: 0 },
  ),
];
