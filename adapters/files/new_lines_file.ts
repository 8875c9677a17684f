/** Lines are written to a new file: nothing is lost that was there, and nothing is there by half. */
import { cannotUse } from "../../core/trouble/mod.ts";
import { syncFolder } from "./folder.ts";
import { orExplain } from "./trouble.ts";

/** So many characters are written at once. */
const CHUNK_CHARACTERS = 262_144;

/** Writes the lines, which come without their ends, to the file that was looked at. */
export type WriteLines = (lines: Iterable<string>) => Promise<void>;

/**
 * Looks whether a file can be written there, before there is anything to write. It appears under its name
 * when it is whole, and on the disk. `flag` is what named it.
 *
 * @throws {Error} when there is anything already.
 */
export function newLinesFile(path: string, flag: string): WriteLines {
  assertFree(path, flag);
  const part = `${path}.${crypto.randomUUID()}.part`;
  // Whoever may not write there, or in no such folder, learns it now.
  create(part, path, flag).close();
  Deno.removeSync(part);
  return async (lines) => {
    const file = create(part, path, flag);
    try {
      orExplain(path, chooseAnother(flag), () => fill(file, lines));
      assertFree(path, flag);
      await Deno.rename(part, path);
    } catch (error) {
      await Deno.remove(part);
      throw error;
    }
    await syncFolder(folderOf(path));
  };
}

function create(part: string, path: string, flag: string): Deno.FsFile {
  try {
    return Deno.openSync(part, { write: true, createNew: true });
  } catch (error) {
    const isLost = error instanceof Deno.errors.NotFound;
    throw cannotUse(
      path,
      isLost ? new Error("its folder does not exist") : error,
      chooseAnother(flag),
    );
  }
}

function fill(file: Deno.FsFile, lines: Iterable<string>): void {
  let held = "";
  try {
    for (const line of lines) {
      held += `${line}\n`;
      if (held.length < CHUNK_CHARACTERS) continue;
      writeAll(file, held);
      held = "";
    }
    writeAll(file, held);
    file.syncSync();
  } finally {
    file.close();
  }
}

/** An empty file may be written over: nothing is lost, and `mktemp` makes one. */
function assertFree(path: string, flag: string): void {
  const found = orExplain(path, chooseAnother(flag), () => lookAt(path));
  if (found?.isDirectory) {
    throw cannotUse(path, new Error("it is a folder, not a file"), chooseAnother(flag));
  }
  if (found && (!found.isFile || found.size > 0)) {
    const sentence = `Remove it first, or choose another file with ${flag}.`;
    throw cannotUse(path, new Error("something is there already"), sentence);
  }
}

function chooseAnother(flag: string): string {
  return `Choose another file with ${flag}.`;
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
