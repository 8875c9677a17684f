/** What files say about the team's broker: certificates, a key, a password. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { cannotUse } from "./trouble.ts";

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
  const certificate = await read(cert, "--broker-cert", (pem) => new X509Certificate(pem));
  const secret = await read(key, "--broker-key", (pem) => {
    const isPair = new X509Certificate(certificate ?? "").checkPrivateKey(createPrivateKey(pem));
    if (!isPair) throw new Error(`it does not belong to the certificate in ${cert}`);
  });
  const authority = await read(ca, "--broker-ca", (pem) => new X509Certificate(pem));
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
