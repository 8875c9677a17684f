/**
 * The two secrets of a data folder, as files that only their owner reads: the operator's token and
 * the key that speaks for the log.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomInt,
  sign,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { logIdOf } from "../../core/evidence/mod.ts";
import { cannotUse } from "../../core/trouble/mod.ts";
import { machineDigest } from "./digest.ts";
import { readKnown, writeDurably } from "./small_file.ts";

/** Which log this is: its id is derived from its public key. */
export interface LogIdentity {
  /** The first 32 hexadecimal digits of the SHA-256 of the public key. */
  readonly log: string;
  /** `ed25519:` and the raw public key in base64. */
  readonly publicKey: string;
  /** The raw public key, 32 bytes. */
  readonly rawPublicKey: Uint8Array;
  /** Signs for the log; the private key itself is never given away. */
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

/** The operator's token and whether it was made just now. */
export interface OperatorToken {
  readonly token: string;
  /** The file it was written to; `undefined`: it came from the environment or was there already. */
  readonly madeIn?: string;
  /** Set when it is so short that somebody may guess it. */
  readonly isWeak?: true;
}

/** A token that is shorter may be guessed. */
const STRONG_TOKEN_CHARACTERS = 16;

/**
 * The key of the log, made at its first start.
 *
 * @throws {Error} when the file cannot be read or made, or holds something else.
 */
export async function logIdentity(folder: string): Promise<LogIdentity> {
  const path = `${folder}/log.key`;
  const whatToDo = "Restore it from a backup: without its key a log cannot be continued.";
  const pem = await readOrMake(path, makeKey, whatToDo);
  const identity = identityIn(pem.text);
  if (identity) return identity;
  throw new Error(`Cannot use ${path}: it holds no Ed25519 private key. ${whatToDo}`);
}

/** Which log a key speaks for; `undefined`: the text is no such key. */
export function identityIn(pem: string): LogIdentity | undefined {
  const key = privateKeyIn(pem);
  if (!key) return undefined;
  const rawPublicKey = publicKeyOf(key);
  return {
    log: logIdOf(rawPublicKey, machineDigest.sha256),
    publicKey: `ed25519:${rawPublicKey.toBase64()}`,
    rawPublicKey,
    sign: (bytes) => sign(null, bytes, key),
  };
}

/**
 * The token from the environment, from the folder, or a fresh one.
 *
 * @throws {Error} when it cannot be sent in a header field, or the file cannot be read or made.
 */
export async function operatorToken(
  folder: string,
  given: string | undefined,
): Promise<OperatorToken> {
  const rule = "a token of visible characters without spaces";
  if (given !== undefined && given !== "") {
    if (isToken(given)) return { token: given, ...strength(given) };
    throw new Error(`OTALOG_OPERATOR_TOKEN must be ${rule}. Without it, one is made.`);
  }
  const path = `${folder}/operator.token`;
  const whatToDo = "Move it away, and a new one is made, or set OTALOG_OPERATOR_TOKEN.";
  const { text, made } = await readOrMake(path, makeToken, whatToDo);
  const token = text.trim();
  if (!isToken(token)) throw new Error(`Cannot use ${path}: it must hold ${rule}. ${whatToDo}`);
  return { token, ...strength(token), ...(made ? { madeIn: path } : {}) };
}

function strength(token: string): Pick<OperatorToken, "isWeak"> {
  return token.length < STRONG_TOKEN_CHARACTERS ? { isWeak: true } : {};
}

function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function makeToken(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: 40 }, () => alphabet[randomInt(alphabet.length)]).join("");
}

function makeKey(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** `undefined`: the text is no private key of that kind. */
function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Its 32 bytes. */
function publicKeyOf(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return Uint8Array.fromBase64(String(x), { alphabet: "base64url" });
}

async function readOrMake(
  path: string,
  make: () => string,
  whatToDo: string,
): Promise<{ text: string; made: boolean }> {
  try {
    const known = await readKnown(path);
    if (known !== undefined) return { text: known, made: false };
    const text = make();
    await writeDurably(path, `${text.trimEnd()}\n`);
    return { text, made: true };
  } catch (error) {
    throw cannotUse(path, error, whatToDo);
  }
}
