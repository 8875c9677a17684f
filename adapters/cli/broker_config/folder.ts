/** The folder that Mosquitto is started on: what lies in it, and who writes it when. */
import { randomInt } from "node:crypto";
import { ENGINE_USER, mosquittoAcl } from "./acl.ts";
import { FILES, mosquittoConf } from "./conf.ts";
import type { MosquittoOptions } from "./options.ts";
import { cannotUse, putFile, readIfAny } from "./put_file.ts";
import { isSaltedFrom, salted } from "./salted.ts";

const PUBLIC = 0o644;
/** For Mosquitto's group. */
const PASSWORDS = 0o640;
const SECRET = 0o600;

/** What became of a file. `differs`: it was kept, though it would be made otherwise now. */
export type Put = "written" | "same" | "differs";

/**
 * Brings everything up to date that no registry is needed for; what became of each file.
 *
 * @throws {Error} when a file cannot be used; the sentence names it.
 */
export async function putFolder({ conf, isConfTold }: MosquittoOptions): Promise<Map<string, Put>> {
  const { folder } = conf;
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw cannotUse(folder, error);
  });
  const secret = await engineSecret(`${folder}/${FILES.secret}`);
  const found = new Map<string, Put>([[FILES.secret, secret.isNew ? "written" : "same"]]);
  const put = async (name: string, text: string, mode: number) =>
    found.set(name, await putFile(`${folder}/${name}`, text, mode) ? "written" : "same");
  const text = mosquittoConf(conf);
  const known = await readIfAny(`${folder}/${FILES.conf}`);
  // It was made with flags that are not repeated, or changed by hand: not ours to undo.
  const isKept = known !== undefined && known !== text && !isConfTold;
  if (isKept) found.set(FILES.conf, "differs");
  else await put(FILES.conf, text, PUBLIC);
  await put(FILES.acl, mosquittoAcl(), PUBLIC);
  await put(FILES.engine, await engineLine(`${folder}/${FILES.engine}`, secret.text), PASSWORDS);
  // Mosquitto does not start without it; what is in it stays until the registry is known.
  const devices = `${folder}/${FILES.devices}`;
  if (await readIfAny(devices) === undefined) await put(FILES.devices, "", PASSWORDS);
  return found;
}

/** Writes the devices' passwords; false: they were so already. */
export async function putPasswords(
  folder: string,
  entries: ReadonlyMap<string, string>,
): Promise<boolean> {
  const lines = [...entries].map(([device, entry]) => `${device}:${entry}\n`).sort();
  return await putFile(`${folder}/${FILES.devices}`, lines.join(""), PASSWORDS);
}

/** A salt is made once: the same password stays the same line. */
async function engineLine(path: string, secret: string): Promise<string> {
  const known = await readIfAny(path).catch((error) => {
    throw cannotUse(path, error);
  });
  const [user, entry = ""] = known?.trim().split(":") ?? [];
  const isGood = user === ENGINE_USER && isSaltedFrom(secret, entry);
  return `${ENGINE_USER}:${isGood ? entry : salted(secret)}\n`;
}

/** The engine's own password: made once, then kept. */
async function engineSecret(path: string): Promise<{ text: string; isNew: boolean }> {
  const known = await readIfAny(path).catch((error) => {
    throw cannotUse(path, error);
  });
  const text = known?.trim() ?? randomSecret();
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new Error(
      `Cannot use ${path}: it must hold one word. Remove it, and a password is made.`,
    );
  }
  const isNew = known === undefined && await putFile(path, `${text}\n`, SECRET);
  return { text, isNew };
}

function randomSecret(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: 40 }, () => alphabet[randomInt(alphabet.length)]).join("");
}
