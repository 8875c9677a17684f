/** Device tokens: shown once, kept only as their SHA-256. */
import { createHash, randomInt } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH = 32;

/** A fresh token of 32 characters (190 bits) and its SHA-256 in hexadecimal digits. */
export function makeToken(): { token: string; tokenSha256: string } {
  const token = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return { token, tokenSha256: createHash("sha256").update(token).digest("hex") };
}
