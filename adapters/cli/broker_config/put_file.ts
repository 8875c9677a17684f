/** Files that a broker reads: whole or not at all, and with the owner and mode they have. */
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
  const why = error instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    : message.replace(/ \(os error.*/s, "").replace(/\.$/, "");
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
    await writeSynced(temp, text);
    if (known) await Deno.chown(temp, known.uid, known.gid);
    await Deno.chmod(temp, (known?.mode ?? mode) & 0o777);
    await Deno.rename(temp, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await Deno.remove(temp).catch(() => {});
    // A file that was given to another user stays that user's: then it is written where it is.
    if (!known || !(error instanceof Deno.errors.PermissionDenied)) throw error;
    await writeSynced(path, text);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.sync();
}

async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}
