/** A text that somebody keeps in a file of its own. */
import { cannotUse, orExplain } from "./trouble.ts";

/** Reads it. @throws {Error} when it cannot be read, is no UTF-8, or is longer than so many bytes. */
export function readText(path: string, bytesMax: number, whatToDo: string): string {
  const size = orExplain(path, whatToDo, () => Deno.statSync(path).size);
  if (size > bytesMax) {
    throw cannotUse(path, new Error(`it is longer than ${bytesMax} bytes`), whatToDo);
  }
  const bytes = orExplain(path, whatToDo, () => Deno.readFileSync(path));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw cannotUse(path, new Error("it is no text"), whatToDo);
  }
}
