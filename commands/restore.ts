/** `restore`: a data folder made of a backup. */
import { copyFolder } from "../adapters/backup/mod.ts";
import { parseRestore, runRestore, STOPPED } from "../adapters/cli/mod.ts";
import type { Copy, Screen } from "../adapters/cli/mod.ts";
import { readText } from "../adapters/files/mod.ts";
import { untilAskedToEnd, verifyEd25519 } from "../adapters/host/mod.ts";
import { copyParts } from "./copy_parts.ts";

export async function restore(args: string[], screen: Screen): Promise<boolean> {
  const options = parseRestore(args);
  const kept = options.checkpoint === undefined ? undefined : readText(options.checkpoint);
  return await untilAskedToEnd(STOPPED, (stop) => {
    const copy: Copy = (order) => copyFolder({ ...order, stop }, copyParts);
    return runRestore(options, screen, { copy, kept, verify: verifyEd25519 });
  });
}
