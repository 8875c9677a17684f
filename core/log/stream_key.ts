/** Which lines belong together: those of one stream, without reading what else they hold. */
import { literalOf } from "./cursor.ts";

const BACKSLASH = 0x5c;
/** As the name of the stream stands in the text of a row that stands in a line. */
const STREAM = literalOf(String.raw`\"stream\":\"`);
/** Of FNV-1a with 32 bits. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** A number that all lines of a stream share; of a line that is none, any. */
export function streamKeyIn(line: Uint8Array, from: number, to: number): number {
  let key = OFFSET;
  for (let at = behindName(line, from, to); at < to && line[at] !== BACKSLASH; at++) {
    key = Math.imul(key ^ line[at]!, PRIME);
  }
  return key >>> 0;
}

function behindName(line: Uint8Array, from: number, to: number): number {
  // The name of the member begins with what there is most of: its third byte is seldom.
  for (
    let at = line.indexOf(STREAM[2]!, from);
    at >= 0 && at < to;
    at = line.indexOf(STREAM[2]!, at + 1)
  ) {
    if (isThere(line, at - 2)) return at - 2 + STREAM.length;
  }
  return to;
}

function isThere(line: Uint8Array, at: number): boolean {
  for (let n = 0; n < STREAM.length; n++) if (line[at + n] !== STREAM[n]) return false;
  return true;
}
