/** Bugs in deadlines and clocks. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

/** Nothing that would hide what a freeze does. */
const QUIET = {
  engineCrash: 0,
  engineStop: 0,
  twoEngines: 0,
  wallJump: 0,
  writeError: 0,
  diskFull: 0,
  readError: 0,
  brokerCrash: 0,
  loss: 0,
  delay: 0,
  partition: 0,
};

export const timeBugs: readonly Bug[] = [
  bug(
    "the deadline of a reboot is forgotten",
    ["L1", "L3"],
    "upgrade/deadline.ts",
    '    case "rebooting":\n',
    "",
    { silentAfterReboot: 400_000 },
  ),
  bug(
    "a task that waits never expires",
    ["L1", "L3"],
    "upgrade/deadline.ts",
    '    case "queued":\n',
    "",
    { silentAfterReboot: 400_000 },
  ),
  bug(
    "deadlines pass early",
    ["I18", "L3"],
    "upgrade/deadline.ts",
    "return { due: start + limitMs, limitMs };",
    "return { due: start + Math.floor(limitMs / 2), limitMs };",
  ),
  bug(
    "deadlines pass right after an outage",
    ["I18", "L3"],
    "engine/deadlines.ts",
    "return reachableMs >= REACHABLE_MS ? Number.MAX_SAFE_INTEGER : reachableMs;",
    "return reachableMs >= 0 ? Number.MAX_SAFE_INTEGER : reachableMs;",
  ),
  bug(
    "deadlines pass right after the process stood still",
    ["I18", "L3"],
    "engine/deadlines.ts",
    "if (isLate) this.#reachableSince = this.#engine.now();",
    "void isLate;",
    { engineFreeze: 20_000 },
  ),
  bug(
    "a freeze in the middle of a commit goes unnoticed",
    ["L3"],
    "engine/deadlines.ts",
    "    // A timer that is late is not replaced by one that is not.\n    this.#noteAbsence();\n",
    "",
    {
      engineFreeze: 10_000,
      ...QUIET,
      powerLoss: 300_000,
    },
  ),
  bug(
    "the timer of deadlines comes once",
    ["L1", "L3"],
    "engine/deadlines.ts",
    "this.#wakeAt = this.#comesAt = Infinity;\n    if (now < next) return this.#wake(next);",
    "this.#comesAt = Infinity;",
  ),
  bug(
    "engine time follows a clock that goes back",
    ["I18"],
    "engine/time.ts",
    "if (wall > now) {",
    "if (wall !== now) {",
  ),
  bug(
    "engine time begins before the last row",
    ["I18"],
    "engine/time.ts",
    "this.#anchor = Math.max(Math.floor(wall), lastAt);",
    "this.#anchor = Math.floor(wall);",
    { engineCrash: 900_000, wallJump: 30_000 },
  ),
  bug(
    "a download may last for ever, as long as it goes on",
    ["L3"],
    "upgrade/deadline.ts",
    "after(task.downloadingSince, limits.downloading_total),",
    "after(task.progressAt, limits.downloading),",
  ),
  bug(
    "a clock that is set back hides a sleep",
    ["L3"],
    "engine/engine.ts",
    "if (this.#time.followStep() === 0) return false;",
    "if (this.#time.followStep() <= 0) return false;",
    { engineFreeze: 200_000, wallJump: 100_000, engineCrash: 0 },
  ),
  bug(
    "a token that ends while its row is written cuts nobody",
    ["L4"],
    "engine/engine.ts",
    "this.#tokenEnds.note(device, work.at);",
    "this.#tokenEnds.note(device, this.now());",
    { engineFreeze: 60_000, engineCrash: 0, newToken: 700_000 },
  ),
];
