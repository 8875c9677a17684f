/** Notes of a log with a key of its own, and what a file of them says. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { checkpointText, logKeyOf, noteText, readKept } from "../../../core/evidence/mod.ts";
import type { KeptCheckpoints } from "../../../core/evidence/mod.ts";
import { verifyEd25519 } from "../../../adapters/host/mod.ts";

export const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const { x } = publicKey.export({ format: "jwk" });
const key = logKeyOf(Uint8Array.fromBase64(String(x), { alphabet: "base64url" }), sha256);

/** The note of a log of so many rows. */
export function noteOf(size: number): string {
  const text = checkpointText({ origin: key.name, size, root: sha256(Uint8Array.of(size)) });
  return noteText(text, key, (bytes) => sign(null, bytes, privateKey), sha256);
}

/** What is in the file. */
export function keptIn(path: string): KeptCheckpoints & { readonly sizes: number[] } {
  const kept = readKept(Deno.readTextFileSync(path), key, verifyEd25519, sha256);
  return { ...kept, sizes: kept.checkpoints.map(({ size }) => size) };
}
