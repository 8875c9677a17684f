/** Files that can be read to their end, and again from their beginning. */
import { cannotUse } from "../../core/trouble/mod.ts";
import { orExplain } from "./trouble.ts";

const SAVE_IT = "Save what comes out of it in a file, and name that.";

/** A pipe would have us wait for whoever writes into it, so it is not even opened. @throws {Error} for one. */
export function assertFile(path: string, whatToDo: string): void {
  const { isFile, isDirectory } = orExplain(path, whatToDo, () => Deno.statSync(path));
  if (isFile || isDirectory) return;
  throw cannotUse(path, new Error("it is a pipe or a device, which may have no end"), SAVE_IT);
}
