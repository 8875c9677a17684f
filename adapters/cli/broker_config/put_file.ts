/** Files that a broker reads: whole or not at all, and with the owner and mode they have. */
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Brings the file to that text; false: it had it already. A new file gets the mode, one that is there
 * keeps owner and mode.
 *
 * @throws {Error} when it cannot be read or written; the sentence names it.
 */
export async function putFile(path: string, text: string, mode: number): Promise<boolean> {
  try {
    const known = await readIfAny(path);
    if (known === text) return false;
    await replace(path, text, known === undefined ? undefined : await Deno.stat(path), mode);
    return true;
  } catch (error) {
    throw cannotUse(path, error);
  }
}

/** The text of the file; `undefined`: there is none. */
export async function readIfAny(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** `Cannot use {path}: {why}.` */
export function cannotUse(path: string, error: unknown): Error {
  const { message } = error as Error;
  const why = isDenied(error)
    ? "permission denied"
    : message.replace(/^E[A-Z]+: |, \w+ '.*| \(os error.*/gs, "").replace(/\.$/, "");
  return new Error(`Cannot use ${path}: ${why}.`, { cause: error });
}

async function replace(
  path: string,
  text: string,
  known: Deno.FileInfo | undefined,
  mode: number,
): Promise<void> {
  const temp = `${path}.${Deno.pid}.new`;
  try {
    // The folder may be the broker's, which is not to say where we write, nor to read along.
    await Deno.remove(temp).catch(() => {});
    await writeSynced(temp, "wx", text, async (file) => {
      if (known) await file.chown(known.uid!, known.gid!);
      await file.chmod((known?.mode ?? mode) & 0o777);
    });
    await Deno.rename(temp, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await Deno.remove(temp).catch(() => {});
    // A file that was given to another user stays that user's: then it is written where it is.
    if (!known || !isDenied(error)) throw error;
    await writeSynced(path, "w", text);
  }
}

/** Owner and mode are set by `prepare` of the open file: what bears its name may be another by then. */
async function writeSynced(
  path: string,
  how: "w" | "wx",
  text: string,
  prepare: (file: FileHandle) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const file = await open(path, how, 0o600);
  try {
    await prepare(file);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function isDenied(error: unknown): boolean {
  const { code = "" } = error as { code?: string };
  return error instanceof Deno.errors.PermissionDenied || ["EACCES", "EPERM"].includes(code);
}

async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}
