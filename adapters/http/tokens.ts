/**
 * Device tokens: shown once, kept only as digests. A token has 190 random bits, so that neither digest
 * leads back to it; the salted one is there because brokers ask for that form.
 */
import { createHash, randomBytes, randomInt } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH = 32;
/** As many as Mosquitto takes. */
const SALT_BYTES = 12;

/** A fresh token and its digests. */
export interface MadeToken {
  /** 32 characters (190 bits). */
  readonly token: string;
  /** Hexadecimal digits. */
  readonly tokenSha256: string;
  /** `$6$salt$hash`, as password files of MQTT brokers have it. */
  readonly tokenSha512: string;
}

/** Makes a token. */
export function makeToken(): MadeToken {
  const token = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  const tokenSha256 = createHash("sha256").update(token).digest("hex");
  const salt = randomBytes(SALT_BYTES);
  const hash = createHash("sha512").update(token).update(salt).digest("base64");
  return { token, tokenSha256, tokenSha512: `$6$${salt.toString("base64")}$${hash}` };
}
