/** A log is written to a file of lines: nothing is lost that was there, and nothing is there by half. */
import { lineOf } from "../../core/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import { syncFolder } from "./folder.ts";
import { cannotUse, orExplain } from "./trouble.ts";

const CHOOSE_ANOTHER = "Choose another file with --export.";

/** Writes the rows to the file that was looked at. */
export type WriteLog = (rows: Iterable<SealedRow>) => Promise<void>;

/**
 * Looks whether a log can be written there, before there is one. It appears under its name when it
 * is whole, and on the disk.
 *
 * @throws {Error} when there is a log, or anything else, already.
 */
export function newLogFile(path: string): WriteLog {
  assertFree(path);
  const part = `${path}.${crypto.randomUUID()}.part`;
  // Whoever may not write there, or in no such folder, learns it now.
  create(part, path).close();
  Deno.removeSync(part);
  return async (rows) => {
    const file = create(part, path);
    try {
      orExplain(path, CHOOSE_ANOTHER, () => fill(file, rows));
      assertFree(path);
      await Deno.rename(part, path);
    } catch (error) {
      await Deno.remove(part);
      throw error;
    }
    await syncFolder(folderOf(path));
  };
}

function create(part: string, path: string): Deno.FsFile {
  try {
    return Deno.openSync(part, { write: true, createNew: true });
  } catch (error) {
    const isLost = error instanceof Deno.errors.NotFound;
    throw cannotUse(
      path,
      isLost ? new Error("its folder does not exist") : error,
      CHOOSE_ANOTHER,
    );
  }
}

function fill(file: Deno.FsFile, rows: Iterable<SealedRow>): void {
  try {
    for (const row of rows) writeAll(file, `${lineOf(row)}\n`);
    file.syncSync();
  } finally {
    file.close();
  }
}

/** An empty file may be written over: nothing is lost, and `mktemp` makes one. */
function assertFree(path: string): void {
  const found = orExplain(path, CHOOSE_ANOTHER, () => lookAt(path));
  if (found?.isDirectory) {
    throw cannotUse(path, new Error("it is a folder, not a file"), CHOOSE_ANOTHER);
  }
  if (found && (!found.isFile || found.size > 0)) {
    const sentence = "Remove it first, or choose another file with --export.";
    throw cannotUse(path, new Error("something is there already"), sentence);
  }
}

function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function writeAll(file: Deno.FsFile, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function folderOf(path: string): string {
  return path.includes("/") ? path.replace(/\/[^/]*$/, "/.") : ".";
}
