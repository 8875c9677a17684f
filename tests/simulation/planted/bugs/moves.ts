/** Bugs with which a task goes where it may not go from where it is. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const moveBugs: readonly Bug[] = [
  bug(
    "who asked for time goes on at the first sign of life",
    ["lifecycle"],
    "upgrade/machine_guards.ts",
    'context.reason === "gone" && context.resumeTo',
    "context.resumeTo",
    { refusal: 500_000 },
  ),
  bug(
    "a retry is put off",
    ["lifecycle"],
    "upgrade/machine.ts",
    "StatusReported: [...ownWord, ...deviceFailed, deviceRejected],",
    'StatusReported: [...ownWord, ...deviceFailed, deviceRejected, deferredIn("retrying")],',
    { refusal: 500_000, corruption: 500_000, oldReports: 500_000 },
  ),
  bug(
    "what is no security update interrupts a download",
    ["lifecycle"],
    "device/queue.ts",
    '(isUnanswered || priority === "security" && !undisturbed.includes(active.state));',
    "(isUnanswered || !undisturbed.includes(active.state));",
  ),
  bug(
    "a device that installs is told to stop",
    ["lifecycle"],
    "upgrade/machine.ts",
    "installing: {\n      on: {\n        ...revokes,",
    "installing: {\n      on: {\n        ...cancels,\n        ...revokes,",
    { cancel: 700_000 },
  ),
  bug(
    "an offer that nobody answers is the end",
    ["lifecycle"],
    "upgrade/machine.ts",
    'target: "held", actions: [enter("offline")] },\n      },\n    },\n    downloading',
    'target: "timed_out", actions: [enter("offline"), "sendFailed"] },\n      },\n    },\n' +
      "    downloading",
  ),
];
