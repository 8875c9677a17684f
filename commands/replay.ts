/** `replay`: a log decided again. */
import { parseReplay, runReplay } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { openLogFile } from "../adapters/files/mod.ts";
import { machineDigest } from "../adapters/host/mod.ts";
import { openReplica } from "../adapters/sqlite/mod.ts";

export async function replay(args: string[], screen: Screen): Promise<boolean> {
  const options = parseReplay(args);
  const { data, file } = options;
  const source = file === undefined ? await openReplica(data) : openLogFile(file);
  try {
    return await runReplay(source, options, machineDigest.sha256, screen);
  } finally {
    source.close();
  }
}
