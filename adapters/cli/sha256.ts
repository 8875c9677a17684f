/** SHA-256 for commands and their workers, which share nothing but modules. */
import { createHash } from "node:crypto";
import type { Sha256 } from "../../core/mod.ts";

/** Lowercase hexadecimal digits. */
export const sha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
