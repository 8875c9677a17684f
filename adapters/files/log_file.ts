/** An exported log as a file of lines, for those who prove it. */
import { LINE_BYTES_MAX, placedRow, readLine } from "../../core/mod.ts";
import type { BrokenLine, StoredCells } from "../../core/mod.ts";
import { linesOf } from "./lines.ts";
import { blocksOf } from "./log_blocks.ts";
import type { LogBlock } from "./log_blocks.ts";
import { cannotUse, orExplain } from "./trouble.ts";

/** A log in a file. */
export interface LogFile {
  /**
   * Its rows in their order, whatever stands in their lines. Once.
   *
   * @throws {Error} when there are none, or the file cannot be read.
   */
  rows(): Iterable<StoredCells | BrokenLine>;
  /** The same as blocks of lines. @throws {Error} as `rows`. */
  blocks(): Iterable<LogBlock>;
  /** Bytes. */
  readonly size: number;
  /** Closes the file. */
  close(): void;
}

const NAME_ANOTHER = "Name a log that was exported, and that you may read.";

/** Opens an exported log. @throws {Error} when there is none, or it may not be read. */
export function openLogFile(path: string): LogFile {
  const file = orExplain(path, NAME_ANOTHER, () => Deno.openSync(path, { read: true }));
  const read = (into: Uint8Array) =>
    orExplain(path, NAME_ANOTHER, () => file.readSync(into as Uint8Array<ArrayBuffer>));
  return {
    *rows() {
      let count = 0;
      for (const line of linesOf(read, LINE_BYTES_MAX)) {
        count++;
        const row = readLine(line.bytes, line.isEnded);
        yield "broken" in row ? row : placedRow(row);
      }
      if (count === 0) throw empty(path);
    },
    *blocks() {
      let isEmpty = true;
      for (const block of blocksOf(read)) {
        isEmpty = false;
        yield block;
      }
      if (isEmpty) throw empty(path);
    },
    size: file.statSync().size,
    close: () => file.close(),
  };
}

function empty(path: string): Error {
  return cannotUse(path, new Error("it is empty"), NAME_ANOTHER);
}
