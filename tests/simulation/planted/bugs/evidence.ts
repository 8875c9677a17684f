/** Bugs with which a task ends well that should not, or goes on too long. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const evidenceBugs: readonly Bug[] = [
  bug(
    "any digest is right",
    ["I2"],
    "upgrade/guards.ts",
    "event.data.checksum === context.policy.image;",
    "event.data.checksum.length > 0;",
  ),
  bug(
    "the digest is enough for `booted`",
    ["I2"],
    "upgrade/machine_guards.ts",
    'ask.isRight(asked) && ask.needs(asked, "verified")',
    'ask.isRight(asked) && ask.needs(asked, "verified", "booted")',
  ),
  bug(
    "any version that boots is success",
    ["I2"],
    "upgrade/running.ts",
    ": bootedIn(event) === policy.version;",
    ": bootedIn(event) !== undefined;",
  ),
  bug(
    "one retry too many",
    ["I3"],
    "upgrade/guards.ts",
    "return context.attempt < maxAttempts(context.policy);",
    "return context.attempt <= maxAttempts(context.policy);",
  ),
  bug(
    "the frozen number of retries is ignored",
    ["I3", "I11"],
    "upgrade/task.ts",
    "return 1 + policy.retries;",
    "return 4;",
  ),
  bug(
    "attempts are not counted",
    ["I3", "L1"],
    "upgrade/assigns.ts",
    "const attempt = context.attempt + 1;",
    "const attempt = context.attempt;",
  ),
];
