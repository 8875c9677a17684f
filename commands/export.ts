/** `export`: a log, or the rows of a device, as a file. */
import { parseExport, runExport } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { newLinesFile, readText } from "../adapters/files/mod.ts";
import { signWithLogKey, verifyEd25519 } from "../adapters/host/mod.ts";
import { openSnapshot } from "../adapters/sqlite/mod.ts";

export async function exportLog(args: string[], screen: Screen): Promise<boolean> {
  const options = parseExport(args);
  const kept = options.checkpoint === undefined ? undefined : readText(options.checkpoint);
  const log = openSnapshot(options.data);
  const sign = (bytes: Uint8Array) => signWithLogKey(options.data, bytes);
  const parts = { log, newLines: newLinesFile, kept, verify: verifyEd25519, sign };
  try {
    return await runExport(options, screen, parts);
  } finally {
    log.close();
  }
}
