/** All bugs that are planted. */
import type { Bug } from "../bug.ts";
import { answerBugs } from "./answers.ts";
import { chunkBugs } from "./chunks.ts";
import { evidenceBugs } from "./evidence.ts";
import { fetcherBugs } from "./fetchers.ts";
import { firmwareBugs } from "./firmware.ts";
import { limitBugs } from "./limits.ts";
import { lockBugs } from "./lock.ts";
import { logBugs } from "./log.ts";
import { messageBugs } from "./messages.ts";
import { moveBugs } from "./moves.ts";
import { reportBugs } from "./reports.ts";
import { storeBugs } from "./store.ts";
import { timeBugs } from "./time.ts";

export const bugs: readonly Bug[] = [
  ...lockBugs,
  ...evidenceBugs,
  ...fetcherBugs,
  ...firmwareBugs,
  ...reportBugs,
  ...messageBugs,
  ...answerBugs,
  ...moveBugs,
  ...logBugs,
  ...storeBugs,
  ...timeBugs,
  ...limitBugs,
  ...chunkBugs,
];
