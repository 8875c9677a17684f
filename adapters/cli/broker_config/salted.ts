/** `$6$salt$hash`: a password as the password files of brokers hold it (mosquitto_passwd(1)). */
import { createHash, randomBytes } from "node:crypto";
import { saltedSha512 } from "../../../core/mod.ts";

const SALT_BYTES = 12;

/** The password with a salt of its own. */
export function salted(password: string): string {
  return withSalt(password, randomBytes(SALT_BYTES));
}

/** Whether the entry was made from the password. */
export function isSaltedFrom(password: string, entry: string): boolean {
  if (!saltedSha512.safeParse(entry).success) return false;
  return withSalt(password, Buffer.from(entry.split("$")[2]!, "base64")) === entry;
}

function withSalt(password: string, salt: Uint8Array): string {
  const hash = createHash("sha512").update(password).update(salt).digest("base64");
  return `$6$${Buffer.from(salt).toString("base64")}$${hash}`;
}
