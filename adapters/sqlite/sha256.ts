/** SHA-256 for what is read from a database and checked. */
import { createHash } from "node:crypto";

/** Lowercase hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
