/** The data folder: for its owner's eyes only. */
import { cannotUse } from "../../core/trouble/mod.ts";

/**
 * Makes the folder unless it is there; a folder that is there keeps its mode.
 *
 * @throws {Error} when it cannot be made; the sentence says what to do.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(`${folder}/..`);
  } catch (error) {
    throw cannotUse(folder, error, "Choose another folder with --data.", {
      EEXIST: "it is not a folder",
    });
  }
}

/** Makes the names in a folder durable; one that may not be read is left to the system. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder, { read: true });
    await handle.sync();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}
