/**
 * The two secrets of a data folder, as files that only their owner reads: the operator's token and
 * the key that speaks for the log.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { randomInt } from "node:crypto";

/** Which log this is: its id is derived from its public key. */
export interface LogIdentity {
  /** The first 32 hexadecimal digits of the SHA-256 of the public key. */
  readonly log: string;
  /** `ed25519:` and the raw public key in base64. */
  readonly publicKey: string;
}

/** The operator's token and whether it was made just now. */
export interface OperatorToken {
  readonly token: string;
  /** The file it was written to; `undefined`: it came from the environment or was there already. */
  readonly madeIn?: string;
}

/** The key of the log, made at its first start. */
export async function logIdentity(folder: string): Promise<LogIdentity> {
  const pem = await readOrMake(`${folder}/log.key`, () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  });
  const key = createPublicKey(createPrivateKey(pem.text));
  const raw = Buffer.from(String(key.export({ format: "jwk" }).x), "base64url");
  const log = createHash("sha256").update(raw).digest("hex").slice(0, 32);
  return { log, publicKey: `ed25519:${raw.toString("base64")}` };
}

/** The token from the environment, from the folder, or a fresh one. */
export async function operatorToken(
  folder: string,
  given: string | undefined,
): Promise<OperatorToken> {
  if (given !== undefined && given !== "") return { token: given };
  const path = `${folder}/operator.token`;
  const { text, made } = await readOrMake(path, makeToken);
  return { token: text.trim(), ...(made ? { madeIn: path } : {}) };
}

function makeToken(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: 40 }, () => alphabet[randomInt(alphabet.length)]).join("");
}

async function readOrMake(
  path: string,
  make: () => string,
): Promise<{ text: string; made: boolean }> {
  try {
    return { text: await Deno.readTextFile(path), made: false };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const text = make();
  await Deno.writeTextFile(path, `${text.trimEnd()}\n`, { createNew: true, mode: 0o600 });
  return { text, made: true };
}
