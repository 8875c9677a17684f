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
/** Most blocks are smaller; a larger one grows as it is read. */
const ROOM_BYTES = 1_310_720;
/** So much is read at once. */
const READ_BYTES = 262_144;
const NEWLINE = 0x0a;

/**
 * Block by block, each read where it stays, since it is given away. The one with a line that is longer than
 * a row may be is the last one, and cut off there; whoever checks it finds that line.
 *
 * @throws {Error} `tooLarge`, for a block that is: what is behind it is not left unseen.
 */
export function* blocksOf(read: Read, tooLarge: () => Error): Iterable<LogBlock> {
  let room = new Room();
  let begin = 0;
  for (let count = room.fill(read); count !== null; count = room.fill(read)) {
    for (let end = room.blockEnd(); end >= 0; end = room.blockEnd()) {
      const rest = room.split(end);
      yield { begin, lines: BLOCK_LINES, bytes: room.bytes };
      begin += BLOCK_LINES;
      room = rest;
    }
    if (room.lineSize > LINE_BYTES_MAX) break;
    if (room.size > BLOCK_BYTES_MAX) throw tooLarge();
  }
  if (room.size > 0) yield { begin, lines: room.lines, bytes: room.bytes };
}

/** Where a block is read to. */
class Room {
  /** So many bytes of it are read. */
  size = 0;
  #room = new Uint8Array(ROOM_BYTES);
  /** So many bytes of it were looked through for ends of lines. */
  #seen = 0;
  /** Where the line begins that has not ended yet. */
  #line = 0;
  #ends = 0;

  /** What was read. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.size);
  }

  /** How many lines there are; the last one may lack its end. */
  get lines(): number {
    return this.#ends + (this.#room[this.size - 1] === NEWLINE ? 0 : 1);
  }

  /** Bytes of the line that has not ended yet. */
  get lineSize(): number {
    return this.size - this.#line;
  }

  /** Reads on; `null` at the end. */
  fill(read: Read): number | null {
    if (this.size + READ_BYTES > this.#room.length) {
      const larger = new Uint8Array(2 * this.#room.length);
      larger.set(this.bytes);
      this.#room = larger;
    }
    const count = read(this.#room.subarray(this.size, this.size + READ_BYTES));
    this.size += count ?? 0;
    return count;
  }

  /** Where the block ends; `-1`: not yet. */
  blockEnd(): number {
    while (this.#ends < BLOCK_LINES) {
      const end = this.#room.indexOf(NEWLINE, this.#seen);
      if (end < 0 || end >= this.size) {
        this.#seen = this.size;
        return -1;
      }
      this.#ends++;
      this.#line = this.#seen = end + 1;
    }
    return this.#seen;
  }

  /** Ends there; gives what is behind it. */
  split(end: number): Room {
    const rest = new Room();
    const behind = this.#room.subarray(end, this.size);
    while (rest.#room.length < behind.length) rest.#room = new Uint8Array(2 * rest.#room.length);
    rest.#room.set(behind);
    rest.size = behind.length;
    this.size = end;
    return rest;
  }
}
