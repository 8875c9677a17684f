/** Lines of a file of any size: no more than one of them, and what was read with it, is held. */

/** A line without its end, as it was found. */
export interface Line {
  /** UTF-8, unless somebody meddled; valid until the next line is asked for. */
  readonly bytes: Uint8Array;
  /** `false`: the file ends, or the line was given up, before the line does. */
  readonly isEnded: boolean;
}

/** Fills the bytes from the file and says how many; `null` at its end. */
export type Read = (into: Uint8Array) => number | null;

const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;

/** Line by line; the first one that is longer than `bytesMax` is the last one, and may be cut off. */
export function* linesOf(read: Read, bytesMax: number): Iterable<Line> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let held = new Uint8Array(0);
  for (let count = read(chunk); count !== null; count = read(chunk)) {
    const found = chunk.subarray(0, count);
    let from = 0;
    for (let end = found.indexOf(NEWLINE); end >= 0; end = found.indexOf(NEWLINE, from)) {
      const bytes = joined(held, found.subarray(from, end));
      yield { bytes, isEnded: true };
      if (bytes.length > bytesMax) return;
      held = new Uint8Array(0);
      from = end + 1;
    }
    held = joined(held, found.subarray(from));
    if (held.length > bytesMax) break;
  }
  if (held.length > 0) yield { bytes: held, isEnded: false };
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
