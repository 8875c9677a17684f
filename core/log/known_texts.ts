/**
 * Texts that stand in row after row: streams, actors, types. To find one again by its bytes costs less than
 * to make it anew, and the same text is the same string then, which is found fast in a map.
 */
import { isAt, textOf } from "./cursor.ts";

/** Longer ones are seldom met twice. */
const BYTES_MAX = 128;
/** Places for texts: enough for the streams of a large fleet, and a power of two. */
const PLACES = 16_384;
/** Of FNV-1a with 32 bits. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** The last texts that were met, each in the one place that its bytes lead to. */
export class KnownTexts {
  readonly #texts = new Array<string>(PLACES).fill("");

  /** The text of bytes that are ASCII. */
  of(bytes: Uint8Array, from: number, to: number): string {
    if (to - from > BYTES_MAX) return textOf(bytes, from, to);
    let key = OFFSET;
    for (let at = from; at < to; at++) key = Math.imul(key ^ bytes[at]!, PRIME);
    const place = (key ^ key >>> 16) & PLACES - 1;
    const known = this.#texts[place]!;
    if (known.length === to - from && isAt(bytes, from, known)) return known;
    return this.#texts[place] = textOf(bytes, from, to);
  }
}
