/** Signs with the key of a log that is there already. */
import { cannotUse } from "../../core/trouble/mod.ts";
import { identityIn } from "./secrets.ts";

/** The Ed25519 signature of the bytes. @throws {Error} when the data folder has no key of a log. */
export function signWithLogKey(folder: string, bytes: Uint8Array): Uint8Array {
  const path = `${folder}/log.key`;
  try {
    const identity = identityIn(Deno.readTextFileSync(path));
    if (identity) return identity.sign(bytes);
    throw new Error("it holds no Ed25519 private key");
  } catch (error) {
    throw cannotUse(
      path,
      error,
      "Prove it for a checkpoint that was kept, with --checkpoint FILE.",
    );
  }
}
