/** `verify`: an exported log, proved from nothing but the file. */
import { parseVerify, runVerify } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { openLogFile, readText } from "../adapters/files/mod.ts";
import { verifyEd25519 } from "../adapters/host/mod.ts";

export async function verify(args: string[], screen: Screen): Promise<boolean> {
  const options = parseVerify(args);
  const notes = options.checkpoints.map(readText);
  const kept = notes.length > 0 ? notes.join("\n\n") : undefined;
  const key = options.key === undefined ? undefined : readText(options.key);
  const file = openLogFile(options.file);
  try {
    return await runVerify(options, screen, { file, kept, key, verify: verifyEd25519 });
  } finally {
    file.close();
  }
}
