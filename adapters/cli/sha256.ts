/** SHA-256 for commands and their workers, which share nothing but modules. */
import { createHash } from "node:crypto";

/** Lowercase hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
