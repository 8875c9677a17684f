/** The data folder: for its owner's eyes only. */
import { cannotUse } from "./trouble.ts";

/**
 * Makes the folder unless it is there; a folder that is there keeps its mode.
 *
 * @throws {Error} when it cannot be made; the sentence says what to do.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannotUse(folder, error, "Choose another folder with --data.");
  }
}
