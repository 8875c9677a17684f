/**
 * Takes erased data out of the files of a database. What is personal stands in `events` alone, whose rows
 * SQLite appends, and shortens where they are. Of those that it moves within other tables, as it builds
 * their pages anew, a copy may stay in the unused part of a page, whatever is asked of it.
 */
import type { DatabaseSync } from "node:sqlite";
import { BUSY_MS } from "./connection.ts";

/** While another process reads, it is tried again after so long, whatever else happens. */
export const TRY_AGAIN_MS = 5_000;

/** For the one writer of a database, whichever connection it has. */
export class Scrubber {
  /** What an engine before left, when it was killed, nobody knows. */
  #isClean = false;
  #again: ReturnType<typeof setTimeout> | undefined;

  /** Whether nothing that was erased is left in a file. */
  get isClean(): boolean {
    return this.#isClean;
  }

  /** Erases: what becomes free is overwritten, whole pages, too. Afterwards the log of SQLite has the rest. */
  overwriting(database: DatabaseSync, erase: () => void): void {
    this.#isClean = false;
    database.exec("pragma secure_delete = on");
    try {
      erase();
    } finally {
      database.exec("pragma secure_delete = fast");
    }
  }

  /** Empties the write-ahead log, where older pages stand; while somebody reads them, again and again. */
  scrub(database: DatabaseSync): void {
    if (this.#isClean) return;
    this.#tryEmptying(database);
    this.stop();
    if (this.#isClean) return;
    this.#again = setTimeout(() => this.scrub(database), TRY_AGAIN_MS);
    this.#again.unref();
  }

  /** It is not tried again: the database is closed. */
  stop(): void {
    clearTimeout(this.#again);
  }

  #tryEmptying(database: DatabaseSync): void {
    try {
      database.exec("pragma busy_timeout = 0");
      const done = database.prepare("pragma wal_checkpoint(truncate)").get();
      this.#isClean = done?.busy === 0;
    } catch {
      // What was committed is durable, whatever the disk says to this: it is tried again.
    } finally {
      database.exec(`pragma busy_timeout = ${BUSY_MS}`);
    }
  }
}
