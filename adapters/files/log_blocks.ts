/** An exported log in blocks of whole lines, for those who check them side by side. */
import type { Read } from "./lines.ts";
import { cannotUse, orExplain } from "./trouble.ts";

/** Lines of a log that follow one another. */
export interface LogBlock {
  /** Lines before it: a multiple of {@link BLOCK_LINES}. */
  readonly begin: number;
  /** How many there are. */
  readonly lines: number;
  /** The lines themselves, each with its end, which the last line of a file may lack. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A log in a file. */
export interface LogBlocks {
  /** Bytes. */
  readonly size: number;
  /** Its blocks in their order. Once. @throws {Error} when there are none, or the file cannot be read. */
  blocks(): Iterable<LogBlock>;
  /** Closes the file. */
  close(): void;
}

/** Every block but the last one has so many lines: a power of two. */
export const BLOCK_LINES = 1_024;
/** Rows of an engine are far below 64 KiB: a larger block holds a line that is none of these. */
const BLOCK_BYTES_MAX = BLOCK_LINES * 65_536;
const CHUNK_BYTES = 1_048_576;
const NEWLINE = 0x0a;
const NAME_ANOTHER = "Name a log that was exported, and that you may read.";

/** Opens an exported log. @throws {Error} when there is none, or it may not be read. */
export function openLogBlocks(path: string): LogBlocks {
  const file = orExplain(path, NAME_ANOTHER, () => Deno.openSync(path, { read: true }));
  const read: Read = (into) =>
    orExplain(path, NAME_ANOTHER, () => file.readSync(into as Uint8Array<ArrayBuffer>));
  return {
    size: orExplain(path, NAME_ANOTHER, () => file.statSync().size),
    *blocks() {
      let isEmpty = true;
      for (const block of blocksOf(read)) {
        isEmpty = false;
        yield block;
      }
      if (isEmpty) throw cannotUse(path, new Error("it is empty"), NAME_ANOTHER);
    },
    close: () => file.close(),
  };
}

/** Block by block; one that is too large is the last one, and cut off. */
export function* blocksOf(read: Read): Iterable<LogBlock> {
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
    if (block.size > BLOCK_BYTES_MAX) return yield block.take();
  }
  if (block.size > 0) yield block.take();
}

/** A block in the making. */
class Block {
  size = 0;
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
    return { begin, lines, bytes };
  }
}
