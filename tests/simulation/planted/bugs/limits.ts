/** Bugs in how long a download or a pause may last. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

export const limitBugs: readonly Bug[] = [
  bug(
    "a deferral ends when the pause does",
    ["L3"],
    "upgrade/deadline.ts",
    "return task.resumeAt > 0\n",
    "return task.resumeAt < 0\n",
    { refusal: 500_000 },
  ),
  bug(
    "a download that stops is said to be too slow",
    ["L3"],
    "upgrade/guards.ts",
    "asked.event.data.due === downloadDue(asked.context);",
    "asked.event.data.due > 0;",
  ),
  bug(
    "a pause is time of the download",
    ["I5", "L3"],
    "upgrade/assigns.ts",
    "return { downloadingSince: downloadingSince && downloadingSince + (event.at - since) };",
    "return { downloadingSince: downloadingSince && Math.min(downloadingSince, event.at - since) };",
  ),
  bug(
    "our own silence is time of the download",
    ["I5", "L3"],
    "upgrade/assigns.ts",
    "return downloadingSince > 0 && gapMs > limits.downloading\n",
    "return downloadingSince < 0 && gapMs > limits.downloading\n",
    { engineCrash: 900_000, engineFreeze: 3_000 },
  ),
];
