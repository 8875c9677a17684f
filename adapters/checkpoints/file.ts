/**
 * A file of checkpoints: each is appended, with an empty line behind it, and synced. It must not lie
 * in the data folder, as whoever edits the log could edit it, too.
 */
import { basename, dirname, sep } from "node:path";
import { orExplain } from "./trouble.ts";
import type { Publisher } from "./publisher.ts";

/** What every checkpoint of otalog begins with. */
const BEGIN = "otalog/";
/** As much of the end of a file as is read back: some hundred notes. */
const READ_BACK_BYTES = 65_536;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The file, which is made if it is missing; its folder exists.
 *
 * @throws {Error} when it cannot be written, lies inside the data folder, or holds something else.
 */
export async function checkpointFile(path: string, dataFolder: string): Promise<Publisher> {
  await orExplain(`Cannot use ${path}`, "Name another file with --checkpoints.", async () => {
    await assertOutside(path, dataFolder);
    using file = await open(path);
    await assertCheckpoints(file);
  });
  return {
    publish: (note) =>
      orExplain(`Cannot append a checkpoint to ${path}`, "", () => append(path, note)),
    readBack: () => orExplain(`Cannot read ${path}`, "", () => readBack(path)),
  };
}

async function readBack(path: string): Promise<string> {
  using file = await open(path);
  return decoder.decode(await endOf(file, READ_BACK_BYTES));
}

async function assertOutside(path: string, dataFolder: string): Promise<void> {
  const [place, data] = [await placeOf(path), await Deno.realPath(dataFolder)];
  if (`${place}${sep}`.startsWith(`${data}${sep}`)) {
    throw new Error(
      "it lies inside the data folder, where whoever edits the log could edit it, too",
    );
  }
}

/** Where it lies, or will lie, whatever links lead there. */
async function placeOf(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (await isThere(path)) throw new Error("it is a link that leads nowhere");
  return `${await Deno.realPath(dirname(path))}${sep}${basename(path)}`;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** A pipe would have us wait until somebody reads it, so it is not even opened. */
async function open(path: string): Promise<Deno.FsFile> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found?.isDirectory) throw new Error("it is a folder, not a file");
  if (found && !found.isFile) throw new Error("it is not a file");
  const file = await Deno.open(path, { read: true, append: true, create: true, mode: 0o644 });
  if (!found) await syncFolder(dirname(path));
  return file;
}

/** A file that is given by mistake must not be appended to. Of a first note perhaps a part is there. */
async function assertCheckpoints(file: Deno.FsFile): Promise<void> {
  const bytes = new Uint8Array(BEGIN.length);
  const head = decoder.decode(bytes.subarray(0, await file.read(bytes) ?? 0));
  if (!BEGIN.startsWith(head)) throw new Error("it holds something else than checkpoints");
}

async function append(path: string, note: string): Promise<void> {
  using file = await open(path);
  const bytes = encoder.encode(`${closing(decoder.decode(await endOf(file, 2)))}${note}\n`);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.sync();
}

/** What ends a note that a crash cut off, so that nothing is glued to it. */
function closing(end: string): string {
  if (end === "" || end === "\n\n") return "";
  return end.endsWith("\n") ? "\n" : "\n\n";
}

async function endOf(file: Deno.FsFile, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.min(size, bytesMax));
  await file.seek(-bytes.length, Deno.SeekMode.End);
  for (let at = 0; at < bytes.length;) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) return bytes.subarray(0, at);
    at += count;
  }
  return bytes;
}

/** Makes the name of a new file durable; a folder that may not be read is left to the system. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder, { read: true });
    await handle.sync();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}
