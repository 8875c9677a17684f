/** Folders of our own. */

/**
 * Makes the folder if it is missing.
 *
 * @throws {Error} when it cannot be one; the sentence says what to do.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    const isOther = error instanceof Deno.errors.AlreadyExists ||
      error instanceof Deno.errors.NotADirectory;
    const reason = isOther ? "it is not a folder" : (error as Error).message;
    throw new Error(`Cannot use ${path}: ${reason}. Choose another folder with --data.`);
  }
}
