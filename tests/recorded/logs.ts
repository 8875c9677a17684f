/** The recorded logs: one file for each behaviour, `fixtures/logs/{name}.jsonl`, replayed for ever. */
import { fileURLToPath } from "node:url";
import { isDivergence, Replay } from "../../core/mod.ts";
import type { Divergence } from "../../core/mod.ts";
import { openLogFile } from "../../adapters/files/mod.ts";
import { machineDigest } from "../../adapters/host/mod.ts";

/** Where they are. */
export const LOGS: string = fileURLToPath(new URL("../../fixtures/logs", import.meta.url));

const ENDING = ".jsonl";

export function pathOf(name: string, folder: string = LOGS): string {
  return `${folder}/${name}${ENDING}`;
}

/** The names of all that are there, in their order. */
export function namesIn(folder: string = LOGS): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length)).sort();
}

/** Decides the log again: how many rows came out the same, and the first one that did not. */
export function replayed(path: string): { rows: number; divergence?: Divergence } {
  const replay = new Replay(machineDigest.sha256);
  const file = openLogFile(path);
  try {
    for (const cells of file.rows()) {
      const { rows } = replay.summary;
      if ("broken" in cells) {
        const { broken: what, expected, found } = cells;
        return { rows, divergence: { seq: rows + 1, stream: "log", what, expected, found } };
      }
      const taken = replay.take(cells);
      if (isDivergence(taken)) return { rows, divergence: taken };
    }
    const { rows } = replay.summary;
    const divergence = replay.end();
    return { rows, ...(divergence && { divergence }) };
  } finally {
    file.close();
  }
}
