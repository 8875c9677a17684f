/** `backup`: a data folder copied while its engine runs. */
import { copyFolder } from "../adapters/backup/mod.ts";
import { parseBackup, runBackup, STOPPED } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { untilAskedToEnd } from "../adapters/host/mod.ts";
import { copyParts } from "./copy_parts.ts";

export async function backup(args: string[], screen: Screen): Promise<boolean> {
  const options = parseBackup(args);
  return await untilAskedToEnd(
    STOPPED,
    (stop) => runBackup(options, screen, (order) => copyFolder({ ...order, stop }, copyParts)),
  );
}
