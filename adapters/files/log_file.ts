/** An exported log as a file of lines, for those who prove it. */
import { LINE_BYTES_MAX, placedRow, readLine } from "../../core/mod.ts";
import type { BrokenLine, StoredCells } from "../../core/mod.ts";
import { cannotUse } from "../../core/trouble/mod.ts";
import { linesOf } from "./lines.ts";
import { BLOCK_BYTES_MAX, BLOCK_LINES, blocksOf } from "./log_blocks.ts";
import type { LogBlock } from "./log_blocks.ts";
import { assertFile } from "./regular_file.ts";
import { orExplain } from "./trouble.ts";

/** A log in a file. */
export interface LogFile {
  /**
   * Its rows in their order, whatever stands in their lines.
   *
   * @throws {Error} when there are none, or the file cannot be read.
   */
  rows(): Iterable<StoredCells | BrokenLine>;
  /** Its first line, without its end. @throws {Error} as `rows`. */
  firstLine(): Uint8Array;
  /** Its lines in blocks, behind so many that are left out. @throws {Error} as `rows`. */
  blocks(leftOut?: number): Iterable<LogBlock>;
  /** Bytes. */
  readonly size: number;
  /** Closes the file. */
  close(): void;
}

const NAME_ANOTHER = "Name a log that was exported, and that you may read.";

/** Opens an exported log. @throws {Error} when there is none, or it may not be read. */
export function openLogFile(path: string): LogFile {
  assertFile(path, NAME_ANOTHER);
  const file = orExplain(path, NAME_ANOTHER, () => Deno.openSync(path, { read: true }));
  const read = (into: Uint8Array) =>
    orExplain(path, NAME_ANOTHER, () => file.readSync(into as Uint8Array<ArrayBuffer>));
  const lines = () => {
    file.seekSync(0, Deno.SeekMode.Start);
    return linesOf(read, LINE_BYTES_MAX);
  };
  const orEmpty = function* <T>(items: Iterable<T>): Iterable<T> {
    let isEmpty = true;
    for (const item of items) {
      isEmpty = false;
      yield item;
    }
    if (isEmpty) throw cannotUse(path, new Error("it is empty"), NAME_ANOTHER);
  };
  const tooLarge = () => {
    const mebibytes = BLOCK_BYTES_MAX / 1_048_576;
    const why = new Error(`${BLOCK_LINES} of its lines are larger than ${mebibytes} MiB`);
    return cannotUse(path, why, NAME_ANOTHER);
  };
  return {
    *rows() {
      for (const { bytes, isEnded } of orEmpty(lines())) {
        const row = readLine(bytes, isEnded);
        yield "broken" in row ? row : placedRow(row);
      }
    },
    firstLine() {
      for (const { bytes } of orEmpty(lines())) return bytes.slice();
      throw new Error("A file that is not empty has a first line.");
    },
    *blocks(leftOut = 0) {
      let begin = 0;
      const left = lines()[Symbol.iterator]();
      for (let n = 0; n < leftOut; n++) {
        const { bytes } = left.next().value ?? { bytes: [] };
        begin += bytes.length + 1;
      }
      file.seekSync(begin, Deno.SeekMode.Start);
      yield* orEmpty(blocksOf(read, tooLarge));
    },
    size: file.statSync().size,
    close: () => file.close(),
  };
}
