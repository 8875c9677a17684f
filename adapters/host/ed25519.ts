/** Signatures by the machine's own cryptography (RFC 8032). */
import { createPublicKey, verify } from "node:crypto";

/** Whether the raw public key signed the bytes. Never throws: what is no key signed nothing. */
export function verifyEd25519(
  publicKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const x = publicKey.toBase64({ alphabet: "base64url", omitPadding: true });
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verify(null, bytes, key, signature);
  } catch {
    return false;
  }
}
