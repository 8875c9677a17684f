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
  ),
  bug(
    "a task that is held never expires",
    ["L1", "L3"],
    "upgrade/deadline.ts",
    '    case "held":\n',
    "",
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
    "deadlines pass right after the machine slept",
    ["I18", "L3"],
    "engine/deadlines.ts",
    "if (this.#wasAway()) this.#reachableSince = this.#engine.now();",
    "this.#wasAway();",
  ),
  bug(
    "the timer of deadlines comes once",
    ["L1", "L3"],
    "engine/deadlines.ts",
    "async #feed(): Promise<void> {\n    this.#wakeAt = Infinity;",
    "async #feed(): Promise<void> {",
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
  ),
];
