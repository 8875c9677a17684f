/** The key that speaks for a log: its first row says which, and the id of the log derives from it. */
import { engineFacts } from "../log/mod.ts";
import type { ExportedRow, Sha256 } from "../log/mod.ts";
import { originOf } from "./checkpoint.ts";
import type { VerifierKey } from "./note.ts";

const PREFIX = "ed25519:";
const ID_DIGITS = 32;

/** The id of the log that a key speaks for. */
export function logIdOf(publicKey: Uint8Array, sha256: Sha256): string {
  return sha256(publicKey).slice(0, ID_DIGITS);
}

/** The key, as checkpoints name it. */
export function logKeyOf(publicKey: Uint8Array, sha256: Sha256): VerifierKey {
  return { name: originOf(logIdOf(publicKey, sha256)), publicKey };
}

/** The key that the first row of a log names; `undefined`: it names none. Whether the row is true is not checked. */
export function keyIn({ data }: ExportedRow, sha256: Sha256): VerifierKey | undefined {
  try {
    const said = engineFacts.LogCreated.safeParse(JSON.parse(String(data)));
    if (!said.success || !said.data.public_key.startsWith(PREFIX)) return undefined;
    return logKeyOf(Uint8Array.fromBase64(said.data.public_key.slice(PREFIX.length)), sha256);
  } catch {
    return undefined;
  }
}
