/**
 * Takes erased data out of the files of a database. What is personal stands in `events` alone, whose rows
 * SQLite appends, and shortens where they are. Of those that it moves within other tables, as it builds
 * their pages anew, a copy may stay in the unused part of a page, whatever is asked of it.
 */
import type { DatabaseSync } from "node:sqlite";
import { BUSY_MS } from "./connection.ts";

/** While another process reads, it is tried again every so many commits. */
const TRY_EVERY = 64;

/** For the one writer of a database, whichever connection it has. */
export class Scrubber {
  /**
   * Commits since something was erased; `undefined`: nothing of that is left in a file. What an engine
   * before left, when it was killed, nobody knows.
   */
  #commits: number | undefined = 0;

  /** Whether nothing that was erased is left in a file. */
  get isClean(): boolean {
    return this.#commits === undefined;
  }

  /** Erases: what becomes free is overwritten, whole pages, too. Afterwards the log of SQLite has the rest. */
  overwriting(database: DatabaseSync, erase: () => void): void {
    this.#commits = 0;
    database.exec("pragma secure_delete = on");
    try {
      erase();
    } finally {
      database.exec("pragma secure_delete = fast");
    }
  }

  /** Something was committed. */
  committed(database: DatabaseSync): void {
    if (this.#commits !== undefined && this.#commits++ % TRY_EVERY === 0) this.scrub(database);
  }

  /** Empties the write-ahead log, where older pages stand, unless somebody reads them. */
  scrub(database: DatabaseSync): void {
    if (this.isClean) return;
    try {
      database.exec("pragma busy_timeout = 0");
      const done = database.prepare("pragma wal_checkpoint(truncate)").get();
      if (done?.busy === 0) this.#commits = undefined;
    } catch {
      // What was committed is durable, whatever the disk says to this: it is tried again.
    } finally {
      database.exec(`pragma busy_timeout = ${BUSY_MS}`);
    }
  }
}
