/** Opens the database so that what is acknowledged is durable, and refuses to run otherwise. */
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../../core/engine/mod.ts";

/** The name of the database in a data folder. */
export const DATABASE = "otalog.db";

/** The `user_version` of a database that was copied, until its log says that it was: else 0. */
export const COPIED = 1;

/** SQLite result codes (sqlite.org/rescode.html); the low byte is the primary code. */
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;

/** How long a statement waits for another process that locks the database. */
export const BUSY_MS = 5_000;

/** Synchronous modes that survive a power loss: FULL and EXTRA. */
const DURABLE = [2, 3];

/**
 * Opens a connection in WAL mode with `synchronous=FULL`.
 *
 * @throws {StoreError} when SQLite does not take these settings.
 */
export function openDurable(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(
      `pragma busy_timeout = ${BUSY_MS}; pragma journal_mode = wal; pragma synchronous = full`,
    );
    // Rows that SQLite moves to another page leave nothing behind.
    database.exec("pragma secure_delete = fast");
    assertDurable(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** @throws {StoreError} unless the connection runs WAL with synchronous FULL or EXTRA. */
export function assertDurable(database: DatabaseSync): void {
  const journal = database.prepare("pragma journal_mode").get()?.journal_mode;
  const synchronous = Number(database.prepare("pragma synchronous").get()?.synchronous);
  if (journal !== "wal" || !DURABLE.includes(synchronous)) {
    throw new StoreError(
      "io",
      `Cannot keep the log safe: journal_mode is ${journal}, synchronous is ${synchronous}. ` +
        "Put the data folder on a local file system that supports WAL.",
    );
  }
}

/** What went wrong, in the words of the port. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { errcode, message } = error as { errcode?: number; message?: string };
  const primary = (errcode ?? 0) & 0xff;
  const code = primary === SQLITE_FULL ? "full" : primary === SQLITE_CONSTRAINT ? "conflict" : "io";
  const whatToDo = code === "full"
    ? "Free some room on the disk of the data folder."
    : "Check the disk of the data folder.";
  return new StoreError(code, `The log cannot be used: ${message}. ${whatToDo}`, { cause: error });
}
