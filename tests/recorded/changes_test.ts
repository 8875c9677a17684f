/**
 * Shows that the recorded logs see: decisions are changed in copies of the core, one by one, and one of
 * the logs tells the row that is decided otherwise.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SealedRow } from "../../core/mod.ts";
import { openLogFile } from "../../adapters/files/mod.ts";
import { sha256 } from "../core/support/bench_engine.ts";
import { copyWith } from "../support/edited_core.ts";
import { inFolder } from "../support/folder.ts";
import { changes } from "./changes.ts";
import type { ShownChange } from "./changes.ts";
import { pathOf } from "./logs.ts";

/** What tells a story to a copy of the engine. */
const PARTS = ["tests/recorded", "tests/core/support", "tests/support"];
const ROOT = new URL("../../", import.meta.url);

for (const change of changes) {
  const { name, by, log, row } = change;
  Deno.test(`${log} shows at row ${row} that it is ${by} otherwise: ${name}`, async () => {
    await inFolder(async (folder) => {
      await copyWith(change, join(folder, "core"));
      const rows = rowsIn(log);
      const decided = await decidedOtherwise(folder, rows);
      assert.deepEqual(decided, by === "decided" ? row : undefined);
      if (by === "decided") return;
      for (const part of PARTS) {
        await cp(new URL(part, ROOT), join(folder, part), { recursive: true });
      }
      assert.equal(await toldOtherwise(folder, change, rows), row);
    });
  });
}

/** The first row that the copy decides otherwise. */
async function decidedOtherwise(
  folder: string,
  rows: readonly SealedRow[],
): Promise<number | undefined> {
  const { Replay, isDivergence }: typeof import("../../core/mod.ts") = await imported(
    folder,
    "core/mod.ts",
  );
  const replay = new Replay(sha256);
  for (const row of rows) {
    const taken = replay.take(row);
    if (isDivergence(taken)) return taken.seq;
  }
}

/** The first row that the copy of the engine makes otherwise, whatever the story thinks of it then. */
async function toldOtherwise(
  folder: string,
  { log }: ShownChange,
  rows: readonly SealedRow[],
): Promise<number | undefined> {
  const { bench }: typeof import("../core/support/bench_engine.ts") = await imported(
    folder,
    "tests/core/support/bench_engine.ts",
  );
  const { stories }: typeof import("./stories/mod.ts") = await imported(
    folder,
    "tests/recorded/stories/mod.ts",
  );
  const { options, tell } = stories.find(({ name }) => name === log)!;
  const b = await bench(options);
  await tell(b).catch((error) => assert.ok(error instanceof assert.AssertionError, error));
  const place = rows.findIndex(({ hash }, n) => b.store.rows[n]?.hash !== hash);
  return place < 0 ? undefined : place + 1;
}

function imported<T>(folder: string, file: string): Promise<T> {
  return import(pathToFileURL(join(folder, file)).href);
}

function rowsIn(log: string): SealedRow[] {
  const file = openLogFile(pathOf(log));
  try {
    return [...file.rows()] as SealedRow[];
  } finally {
    file.close();
  }
}
