/** Data of facts that was checked before: a fleet says the same again and again. */
import { KnownTexts } from "../log/known_texts.ts";
import type { Fact } from "../log/mod.ts";
import type { PlainRow } from "../log/plain_row.ts";
import { dataOf } from "./read_row.ts";

/** So much is kept of each type. */
const KNOWN_MAX = 1_024;
/** The policy of a task is longer, and has a number of its own. */
const CHARACTERS_MAX = 128;

/** What rows of one log have said. */
export class KnownData {
  readonly #texts = new KnownTexts();
  readonly #data = new Map<string, Map<string, Fact["data"]>>();

  /** The data of the row, if it is canonical and that of the type. Never throws. */
  of(type: string, row: PlainRow): Fact["data"] | undefined {
    const text = row.dataIn(this.#texts);
    const known = this.#data.get(type)?.get(text);
    if (known) return known;
    const data = dataOf(type, text);
    if (data && isSaidAgain(data, text)) this.#keep(type, text, data);
    return data;
  }

  #keep(type: string, text: string, data: Fact["data"]): void {
    const known = this.#data.get(type);
    if (!known || known.size === KNOWN_MAX) this.#data.set(type, new Map([[text, data]]));
    else known.set(text, data);
  }
}

/** What bears a name of its own, or the hash of a text that does. */
const OWN = ["id", "packet", "personal"];

function isSaidAgain(data: Fact["data"], text: string): boolean {
  return text.length <= CHARACTERS_MAX && !OWN.some((name) => name in data);
}
