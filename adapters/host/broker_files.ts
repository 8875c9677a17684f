/** What files say about the team's broker: certificates, a key, a password. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { cannotUse } from "../../core/trouble/mod.ts";

/** The names of the files, or what they hold. */
export interface BrokerFiles {
  /** Certificates of those who may speak for the broker, PEM. */
  readonly ca?: string | undefined;
  /** Our own certificate, PEM, and those that vouch for it. */
  readonly cert?: string | undefined;
  /** Its private key, PEM. */
  readonly key?: string | undefined;
  /** Our password at the broker. */
  readonly password?: string | undefined;
}

/**
 * Reads the files that are named, and looks whether they can be meant.
 *
 * @throws {Error} that says which file cannot be used, why, and what to do.
 */
export async function readBrokerFiles(files: BrokerFiles): Promise<BrokerFiles> {
  const { ca, cert, key, password } = files;
  const authority = await read(ca, "--broker-ca", certificateOf);
  const certificate = await read(cert, "--broker-cert", certificateOf);
  const secret = await read(key, "--broker-key", (pem) => {
    const pair = certificateOf(certificate ?? "");
    if (!pair.checkPrivateKey(keyOf(pem))) {
      throw new Error(`it does not belong to the certificate in ${cert}`);
    }
  });
  const word = await read(password, "--broker-password-file", (text) => {
    if (/^\s*$/.test(text)) throw new Error("it is empty");
  });
  return {
    ...(authority && { ca: authority }),
    ...(certificate && { cert: certificate }),
    ...(secret && { key: secret }),
    ...(word && { password: word.replace(/\r?\n$/, "") }),
  };
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error("it holds no certificate in PEM format");
  }
}

function keyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error("it holds no private key in PEM format, or one that has a passphrase");
  }
}

async function read(
  path: string | undefined,
  flag: string,
  check: (text: string) => unknown,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const text = await Deno.readTextFile(path);
    check(text);
    return text;
  } catch (error) {
    throw cannotUse(path, error, `Name another file with ${flag}.`);
  }
}
