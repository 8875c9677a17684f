/** Bugs in what a device is told that no row owes it: answers, and what only looks like one. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const answerBugs: readonly Bug[] = [
  bug(
    "every report is answered with the metadata",
    ["I6"],
    "engine/decide_report.ts",
    "if (!recorded) noteAnswer(around.answered, device.id, input.parsed);",
    "if (!recorded) noteAnswer(around.answered, device.id, input.parsed);\n" +
      "  answerRequest(work, work.peek(device.id)!, recorded?.effects ?? []);",
  ),
  bug(
    "a repeat is answered as the first was, whatever came of the task",
    ["I6"],
    "device/standing.ts",
    'case "queued":\n    case "held":',
    'case "succeeded":\n      return task.attempt > 1 ? "sendRetry" : "sendSuccess";\n' +
      '    case "queued":\n    case "held":',
  ),
  bug(
    "a failure names another state",
    ["I6"],
    "device/messages.ts",
    "payload: { task_id, state: task.state, reason: task.reason ?? task.state }",
    'payload: { task_id, state: "failed", reason: task.reason ?? task.state }',
  ),
  bug(
    "a device that checks is told to be idle",
    ["I6"],
    "engine/decide_report.ts",
    "if (!active || check && !isToFetch(active, check)) {",
    'if (!active || active.state === "awaiting_install") {',
  ),
  bug(
    "who was answered after a broker had forgotten is answered for ever",
    ["I6"],
    "engine/roll_call.ts",
    "this.#owesAnswers = this.#isUnderWay = false;\n    if",
    "this.#isUnderWay = false;\n    if",
    { brokerCrash: 20_000, brokerForgets: 500_000, writeError: 20_000 },
  ),
  bug(
    "who asked for time is called as if he waited",
    ["I6"],
    "engine/decide.ts",
    "if (input.isAnswer && !isDeferred(device)) answerRequest",
    "if (input.isAnswer) answerRequest",
    { brokerCrash: 20_000, brokerForgets: 1_000_000, refusal: 500_000 },
  ),
];
