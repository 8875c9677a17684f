/** A text that somebody keeps in a file of its own. */
import { assertFile } from "./regular_file.ts";
import { orExplain } from "./trouble.ts";

/** Checkpoints of many years are far below. */
const TEXT_BYTES_MAX = 256 * 1_048_576;
const CHUNK_BYTES = 1_048_576;
const NAME_ANOTHER = "Name another file, and one that you may read.";

/** Reads it. @throws {Error} when it cannot be read, is no file, no text, or too large. */
export function readText(path: string): string {
  assertFile(path, NAME_ANOTHER);
  return orExplain(path, NAME_ANOTHER, () => {
    using file = Deno.openSync(path, { read: true });
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const chunk = new Uint8Array(CHUNK_BYTES);
    let [text, size] = ["", 0];
    // How large it says it is tells nothing: it may grow, and what the system makes up says 0.
    for (let count = file.readSync(chunk); count !== null; count = file.readSync(chunk)) {
      if ((size += count) > TEXT_BYTES_MAX) throw new Error("it is larger than 256 MiB");
      text += decoded(decoder, chunk.subarray(0, count), true);
    }
    return text + decoded(decoder, new Uint8Array(), false);
  });
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    throw new Error("it is no text");
  }
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
