/** `archive`: the parts of a log below a checkpoint, each as a file. */
import { parseArchive, runArchive } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { isThere, makeFolder, newLinesFile, readText } from "../adapters/files/mod.ts";
import { verifyEd25519 } from "../adapters/host/mod.ts";
import { openSnapshot } from "../adapters/sqlite/mod.ts";

export async function archive(args: string[], screen: Screen): Promise<boolean> {
  const options = parseArchive(args);
  const kept = readText(options.checkpoint);
  const log = openSnapshot(options.data);
  const parts = { log, newLines: newLinesFile, kept, verify: verifyEd25519, exists: isThere };
  try {
    await makeFolder(options.folder);
    return await runArchive(options, screen, parts);
  } finally {
    log.close();
  }
}
