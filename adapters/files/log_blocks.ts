/** An exported log in blocks of whole lines, for those who check them side by side. */
import { LINE_BYTES_MAX } from "../../core/mod.ts";
import type { Read } from "./lines.ts";

/** Lines of a log that follow one another. */
export interface LogBlock {
  /** Lines before it: a multiple of {@link BLOCK_LINES}. */
  readonly begin: number;
  /** How many there are. */
  readonly lines: number;
  /** The lines themselves, each with its end, which the last line of a file may lack. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Every block but the last one has so many lines: a power of two. */
export const BLOCK_LINES = 1_024;
/** Rows of an engine are far below 64 KiB, and this many of them are no larger. */
export const BLOCK_BYTES_MAX = BLOCK_LINES * 65_536;
const CHUNK_BYTES = 1_048_576;
const NEWLINE = 0x0a;

/**
 * Block by block. The one with a line that is longer than a row may be is the last one, and cut off there;
 * whoever checks it finds that line.
 *
 * @throws {Error} `tooLarge`, for a block that is: what is behind it is not left unseen.
 */
export function* blocksOf(read: Read, tooLarge: () => Error): Iterable<LogBlock> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const block = new Block();
  for (let count = read(chunk); count !== null; count = read(chunk)) {
    const found = chunk.subarray(0, count);
    let from = 0;
    for (let end = found.indexOf(NEWLINE); end >= 0; end = found.indexOf(NEWLINE, end + 1)) {
      if (!block.endLine()) continue;
      block.add(found.slice(from, end + 1));
      yield block.take();
      from = end + 1;
    }
    if (from < found.length) block.add(found.slice(from));
    if (block.lineSize > LINE_BYTES_MAX) return yield block.take();
    if (block.size > BLOCK_BYTES_MAX) throw tooLarge();
  }
  if (block.size > 0) yield block.take();
}

/** A block in the making. */
class Block {
  size = 0;
  /** Bytes of the line that has not ended yet. */
  lineSize = 0;
  #begin = 0;
  #lines = 0;
  #parts: Uint8Array[] = [];

  /** True: it is full. */
  endLine(): boolean {
    return ++this.#lines === BLOCK_LINES;
  }

  add(part: Uint8Array): void {
    this.#parts.push(part);
    this.size += part.length;
    const end = part.lastIndexOf(NEWLINE);
    this.lineSize = end < 0 ? this.lineSize + part.length : part.length - 1 - end;
  }

  take(): LogBlock {
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    const begin = this.#begin;
    const lines = this.#lines + (bytes.at(-1) === NEWLINE ? 0 : 1);
    [this.#begin, this.#lines, this.#parts, this.size] = [begin + lines, 0, [], 0];
    this.lineSize = 0;
    return { begin, lines, bytes };
  }
}
