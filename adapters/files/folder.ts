/** Folders of our own. */

/**
 * Makes the folder if it is missing; its name is durable then.
 *
 * @throws {Error} when it cannot be one; the sentence says what to do.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
    await syncFolder(`${path}/..`);
  } catch (error) {
    const isOther = error instanceof Deno.errors.AlreadyExists ||
      error instanceof Deno.errors.NotADirectory;
    const reason = isOther ? "it is not a folder" : (error as Error).message;
    throw new Error(`Cannot use ${path}: ${reason}. Choose another folder with --data.`);
  }
}

/** Makes the names in the folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}
