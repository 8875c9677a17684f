/** Bugs in what is concluded about clients that only fetch, and in what they are given. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const fetcherBugs: readonly Bug[] = [
  bug(
    "bytes that were given out are a success",
    ["I2"],
    "upgrade/concluded.ts",
    'const reboots = { target: "rebooting", actions: ["excuse", enter()] } as const;',
    'const reboots = { target: "succeeded", actions: [enter(), "sendSuccess"] } as const;',
  ),
  bug(
    "who comes back with the old image has not failed",
    ["I2"],
    "upgrade/machine.ts",
    "UpdateRequested: [runsNew, ...runsOld, wishesStill],",
    "UpdateRequested: [runsNew, wishesStill],",
    { oldImage: 700_000 },
  ),
  bug(
    "the old image has failed before the time of the reboot is over",
    ["lifecycle"],
    "upgrade/machine.ts",
    'runsNew,\n          { guard: "isSaid"',
    'runsNew,\n          ...runsOld,\n          { guard: "isSaid"',
  ),
  bug(
    "an image is known by its SHA-256 alone",
    ["I2", "I6"],
    "upgrade/running.ts",
    "(running === image || known_by.includes(running))",
    "(running === image || known_by.length > 9)",
  ),
  bug(
    "what was given out twice is all of the image",
    ["lifecycle"],
    "upgrade/transfer.ts",
    "return bytes - repeated + anew;",
    "return bytes + anew;",
    { powerLoss: 200_000 },
  ),
  bug(
    "who says that it runs the image is given it again",
    ["I6"],
    "device/to_fetch.ts",
    "if (isSpared(task, said)) return false;",
    "",
  ),
  bug(
    "a check is taken for a download that goes on",
    ["lifecycle"],
    "upgrade/machine_guards.ts",
    'event.data.fetch_only === true && reason === "gone";',
    'event.data.fetch_only === true && reason === "expired";',
  ),
  bug(
    "who only fetches is never told for certain",
    ["L4"],
    "engine/decide_report.ts",
    "if (fact.data.fetch_only) confirmFetched(work, device, recorded?.seq ?? null);",
    "",
  ),
  bug(
    "an order from before the first check stays as it was queued",
    ["I11", "I6", "I2", "lifecycle"],
    "device/fold.ts",
    "if (fact.data.fetch_only) this.#settleCompletions();",
    "",
  ),
  bug(
    "an order that names its completion is settled by the first check",
    ["I4", "I11"],
    "upgrade/policy.ts",
    "const isOpen = request.completion === undefined && target.isUnheard;",
    "const isOpen = target.isUnheard;",
  ),
];
