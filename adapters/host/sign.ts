/** Signs with the key of a log that is there already. */
import { createPrivateKey, sign } from "node:crypto";
import { cannotUse } from "./trouble.ts";

/** The Ed25519 signature of the bytes. @throws {Error} when the data folder has no key of a log. */
export function signWithLogKey(folder: string, bytes: Uint8Array): Uint8Array {
  const path = `${folder}/log.key`;
  try {
    return sign(null, bytes, createPrivateKey(Deno.readTextFileSync(path)));
  } catch (error) {
    throw cannotUse(
      path,
      error,
      "Prove it for a checkpoint that was kept, with --checkpoint FILE.",
    );
  }
}
