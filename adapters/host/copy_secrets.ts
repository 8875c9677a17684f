/** What a data folder holds besides the log and the images: who speaks for it, and who may enter. */
import { cannotUse } from "../../core/trouble/mod.ts";
import { identityIn } from "./secrets.ts";
import { readKnown, writeDurably } from "./small_file.ts";

/** How they are copied. */
export interface SecretsCopying {
  /** The data folders. */
  readonly from: string;
  readonly to: string;
  /** The id of the log whose key it must be. */
  readonly log: string;
  /** What to do where `from` cannot be read, and where `to` cannot be written. */
  readonly whatToDo: { readonly from: string; readonly to: string };
}

const KEY = "log.key";
/** A token of the environment is in no file, and an embedded broker has no session. */
const OTHERS = ["operator.token", "broker.session"];

/** Copies them. @throws {Error} when the key of the log is missing, or is that of another log. */
export async function copySecrets({ from, to, log, whatToDo }: SecretsCopying): Promise<void> {
  for (const name of [KEY, ...OTHERS]) {
    const text = await readKnown(`${from}/${name}`).catch((error) => {
      throw cannotUse(`${from}/${name}`, error, whatToDo.from);
    });
    if (name === KEY) assertKey(text, `${from}/${name}`, log, whatToDo.from);
    if (text === undefined) continue;
    await writeDurably(`${to}/${name}`, text).catch((error) => {
      throw cannotUse(`${to}/${name}`, error, whatToDo.to);
    });
  }
}

function assertKey(text: string | undefined, path: string, log: string, whatToDo: string): void {
  const why = text === undefined
    ? "it does not exist, and without its key a log cannot be continued"
    : identityIn(text)?.log === log
    ? undefined
    : "it is not the key of the log";
  if (why !== undefined) throw cannotUse(path, new Error(why), whatToDo);
}
