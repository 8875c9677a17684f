/** A file of a few bytes in the data folder, for its owner's eyes only. */
import { dirname } from "node:path";
import { syncFolder } from "./folder.ts";

/** After a power loss the file is there whole or not at all: a log cannot outlive its key. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temp = `${path}.new`;
  await Deno.writeTextFile(temp, text, { mode: 0o600 });
  {
    using file = await Deno.open(temp, { write: true });
    await file.sync();
  }
  await Deno.rename(temp, path);
  await syncFolder(dirname(path));
}

/** What is in it; `undefined`: there is no such file. */
export async function readKnown(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
