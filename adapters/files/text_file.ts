/** A text that somebody keeps in a file of its own. */
import { orExplain } from "./trouble.ts";

/** Checkpoints of many years are far below. */
const TEXT_BYTES_MAX = 256 * 1_048_576;
const NAME_ANOTHER = "Name another file, and one that you may read.";

/** Reads it. @throws {Error} when it cannot be read, is no text, or is too large. */
export function readText(path: string): string {
  return orExplain(path, NAME_ANOTHER, () => {
    if (Deno.statSync(path).size > TEXT_BYTES_MAX) throw new Error("it is larger than 256 MiB");
    const bytes = Deno.readFileSync(path);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw new Error("it is no text");
    }
  });
}

/** Whether there is something of that name. @throws {Error} when it cannot be told. */
export function isThere(path: string): boolean {
  return orExplain(path, NAME_ANOTHER, () => {
    try {
      Deno.statSync(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
}
