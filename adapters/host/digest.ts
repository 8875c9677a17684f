/** Digests and salt from the machine's own cryptography. */
import { createHash, randomBytes } from "node:crypto";
import type { Digest } from "../../core/engine/mod.ts";

/** SHA-256, at once, and 16 random bytes at a time. */
export const machineDigest: Digest = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  salt: () => randomBytes(16).toString("hex"),
};
