/** Bugs in deadlines and clocks. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

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
    { engineFreeze: 60_000, engineCrash: 0 },
  ),
  bug(
    "the timer of deadlines comes once",
    ["L1", "L3"],
    "engine/deadlines.ts",
    "this.#wakeAt = this.#comesAt = Infinity;\n    this.#wake(guardAt);",
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
];
