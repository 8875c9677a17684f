/** What was erased, and what was not, for a person. */

/** Why it may not be overwritten yet. */
const PENDING =
  "Another process reads the log: until its end, a file of it may still have what was erased.\n" +
  "The engine overwrites it some seconds after that.";

/** Where erased data may still stand: wherever the engine did not write it, or does not name it. */
const OUT_OF_REACH =
  "Out of reach are backups, exported and archived files, the id of the device,\n" +
  "the names of operators, and blocks that the disk has given free.";

/** A few lines; `isPending`: a file still has it, until an engine that runs overwrites that. */
export function erasedText(device: string, rows: number, isPending = false): string {
  const what = rows === 0
    ? `Nothing is left to be erased in the rows of ${device}.`
    : `Personal data is erased in ${rows === 1 ? "1 row" : `${rows} rows`} of ${device}.`;
  return `${[what, ...(isPending ? [PENDING] : []), OUT_OF_REACH].join("\n")}\n`;
}
