/** Records logs: a file is made once, replayed, and never made again. */
import { LOGS, pathOf, replayed } from "./logs.ts";
import { rowsOf, textOf } from "./story.ts";
import type { Story } from "./story.ts";

/** A log that was recorded. */
export interface Recorded {
  readonly name: string;
  readonly rows: number;
}

/** Names become files, and are read by people. */
const NAME = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Writes the log of each story.
 *
 * @throws {Error} when one of them is there already; then none is written.
 */
export async function record(
  stories: readonly Story[],
  folder: string = LOGS,
): Promise<Recorded[]> {
  for (const { name } of stories) assertFree(name, folder);
  const recorded: Recorded[] = [];
  for (const story of stories) {
    recorded.push(await keep(story.name, textOf(await rowsOf(story)), folder));
  }
  return recorded;
}

/**
 * Files the log that an engine exported.
 *
 * @throws {Error} when it does not replay clean, or the name is taken.
 */
export async function recordFrom(
  path: string,
  name: string,
  folder: string = LOGS,
): Promise<Recorded> {
  assertFree(name, folder);
  assertClean(path, name);
  return await keep(name, await Deno.readTextFile(path), folder);
}

function assertFree(name: string, folder: string): void {
  if (!NAME.test(name)) {
    throw new Error(
      `Cannot record ${name}: a name is 1 to 64 of a-z 0-9 _, as in "resumed_twice".`,
    );
  }
  try {
    Deno.statSync(pathOf(name, folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new Error(
    `Cannot record ${name}: a recorded log is never made again. Give the behaviour another name.`,
  );
}

function assertClean(path: string, name: string): number {
  const { rows, divergence } = replayed(path);
  if (!divergence) return rows;
  const { seq, stream, what } = divergence;
  throw new Error(
    `Cannot record ${name}: row ${seq} (${stream}) does not replay, ${what}. ` +
      `Look at it with "deno task replay ${path}".`,
  );
}

/** What is on the disk is what is replayed; what does not replay does not stay. */
async function keep(name: string, text: string, folder: string): Promise<Recorded> {
  const path = pathOf(name, folder);
  await Deno.writeTextFile(path, text, { createNew: true });
  try {
    return { name, rows: assertClean(path, name) };
  } catch (error) {
    await Deno.remove(path);
    throw error;
  }
}
