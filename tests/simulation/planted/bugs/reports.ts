/** Bugs in what a report leads to. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const reportBugs: readonly Bug[] = [
  bug(
    "a repeated report is applied again",
    ["I4", "I8"],
    "device/interpret.ts",
    "const first = firstOf(device, report, how);",
    "const first: TakenReport | undefined = undefined;",
  ),
  bug(
    "a report of an earlier attempt counts",
    ["I3", "I8"],
    "device/interpret.ts",
    "if (attempt !== undefined && attempt < found.attempt || isRightAgain(found, report)) {",
    "if (isRightAgain(found, report)) {",
  ),
  bug(
    "a report on another device's task is taken for the own",
    ["I7"],
    "device/interpret.ts",
    "return taskOf(device, body.task_id) ??\n",
    "return taskOf(device, body.task_id) ?? active ??\n",
    { foreignTask: 200_000 },
  ),
  bug(
    "a message goes to another device",
    ["I6", "I7"],
    "engine/dispatch.ts",
    "outbox.send(message)",
    "outbox.send({ ...message, device: outgoing[0]!.device })",
  ),
  bug(
    "refusals that are left out are not counted",
    ["I8", "I17"],
    "engine/reject.ts",
    "leftOut.set(device.id, count + 1);",
    "leftOut.set(device.id, count);",
  ),
  bug(
    "an input that does not fit breaks a whole batch",
    ["I4", "I17", "L1"],
    "engine/decide_report.ts",
    "if (!recorded && !isQuietProgress(fact, about)) {",
    "if (!recorded && !isQuietProgress(fact, about)) {\n    throw new TypeError(wrongPhase.name);",
  ),
  bug(
    "progress is recorded in halves of the image",
    ["I4"],
    "protocol/limits.ts",
    "export const PROGRESS_STEP_BP = 500;",
    "export const PROGRESS_STEP_BP = 5_000;",
  ),
  bug(
    "every range is recorded",
    ["I4"],
    "upgrade/guards.ts",
    "? event.at - progressAt >= Math.floor(limits.downloading / 2)",
    "? event.at - progressAt >= 0",
  ),
  bug(
    "progress is recorded every five minutes",
    ["I4"],
    "protocol/limits.ts",
    "export const PROGRESS_EVERY_MS = 30_000;",
    "export const PROGRESS_EVERY_MS = 300_000;",
  ),
  bug(
    "all progress is recorded",
    ["I4"],
    "upgrade/guards.ts",
    "return moved < 0 ||",
    "return moved !== 0 ||",
  ),
];
