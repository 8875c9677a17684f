/** A folder that appears under its name when all of it is there and on the disk, and not before. */
import { basename, dirname, join, relative } from "node:path";
import { cannotUse } from "../../core/trouble/mod.ts";

/** Which folder is to be made. */
export interface FolderPlace {
  /** There is none yet, or it is empty. */
  readonly path: string;
  /** Another folder; neither lies in the other. */
  readonly apartFrom: string;
  /** What to do when it cannot be: `Choose another folder with --data.` */
  readonly whatToDo: string;
}

/**
 * Makes the folder and lets it be filled, under another name until then. Whatever goes wrong, nothing is
 * left of it: only a process that is killed leaves a folder whose name ends in `.part`.
 *
 * @throws {Error} when something is there already, or there is no room.
 */
export async function newFolder<T>(
  { path, apartFrom, whatToDo }: FolderPlace,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  const explained = async <R>(act: () => Promise<R>): Promise<R> => {
    try {
      return await act();
    } catch (error) {
      throw cannotUse(path, error, whatToDo, { ENOTEMPTY: "something is there already" });
    }
  };
  const place = await explained(() => freePlace(path, apartFrom));
  const part = `${place}.${crypto.randomUUID()}.part`;
  await explained(() => Deno.mkdir(part, { mode: 0o700 }));
  try {
    const result = await fill(part);
    await explained(() => giveName(part, place));
    return result;
  } catch (error) {
    await Deno.remove(part, { recursive: true }).catch(() => {});
    // Whoever named the folder knows it by that name alone.
    const { message } = error as Error;
    throw new Error(message.replaceAll(part, path), { cause: error });
  }
}

/** Nothing takes the place of anything but an empty folder: the system itself sees to that. */
async function giveName(part: string, place: string): Promise<void> {
  await syncAll(part);
  await Deno.rename(part, place);
  await sync(dirname(place));
}

async function syncAll(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    await (isDirectory ? syncAll : sync)(join(folder, name));
  }
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  using handle = await Deno.open(path, { read: true });
  await handle.sync();
}

/** Where it will be, without links. @throws {Error} with the reason alone when it cannot be there. */
async function freePlace(path: string, other: string): Promise<string> {
  const place = await placeOf(path);
  const apart = await Deno.realPath(other).catch(unlessMissing);
  if (apart === undefined) return place;
  if (liesIn(place, apart)) throw new Error(`it lies in ${other}`);
  if (liesIn(apart, place)) throw new Error(`${other} lies in it`);
  return place;
}

async function placeOf(path: string): Promise<string> {
  const found = await Deno.lstat(path).catch(unlessMissing);
  if (!found) {
    const parent = await Deno.realPath(dirname(path)).catch(unlessMissing);
    if (parent === undefined) throw new Error("the folder that it is to be in does not exist");
    return join(parent, basename(path));
  }
  if (!(await Deno.stat(path)).isDirectory) throw new Error("it is not a folder");
  for await (const _ of Deno.readDir(path)) throw new Error("it is not empty");
  const place = await Deno.realPath(path);
  const [{ dev }, above] = [await Deno.stat(place), await Deno.stat(dirname(place))];
  // A folder cannot take its place there.
  if (dev !== above.dev) throw new Error("it is the root of a file system: name a folder in it");
  return place;
}

function liesIn(inner: string, outer: string): boolean {
  const way = relative(outer, inner);
  return way === "" || way !== ".." && !way.startsWith("../");
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
