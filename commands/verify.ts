/** `verify`: an exported log, proved from nothing but the file. */
import { parseVerify, runVerify } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { openLogFile, readText } from "../adapters/files/mod.ts";
import { verifyEd25519 } from "../adapters/host/mod.ts";

export async function verify(args: string[], screen: Screen): Promise<boolean> {
  const options = parseVerify(args);
  const textOf = (path: string | undefined) => path === undefined ? undefined : readText(path);
  const [kept, key] = [textOf(options.checkpoint), textOf(options.key)];
  const file = openLogFile(options.file);
  try {
    return await runVerify(options, screen, { file, kept, key, verify: verifyEd25519 });
  } finally {
    file.close();
  }
}
