/**
 * The log and its read models in SQLite. A data folder holds one database, used by one engine at a
 * time. Nothing here decides anything: rows come sealed, read models come folded.
 */
import { DatabaseSync } from "node:sqlite";
import type { Reads, Store } from "../../core/engine/mod.ts";
import type { LogTree } from "../../core/evidence/mod.ts";
import { DATABASE, openDurable } from "./connection.ts";
import { kyselyOn } from "./dialect.ts";
import { takeLease } from "./lease.ts";
import { migrate } from "./migrations.ts";
import { assertThere } from "./read_only.ts";
import { SqliteReads } from "./reads.ts";
import { SqliteWriter } from "./store.ts";
import { cannotUse } from "./trouble.ts";

export { contentsOf, copyDatabase, hasOwnTables, rowsOf, updateTables } from "./copy_database.ts";
export type { DatabaseCopying, FolderContents } from "./copy_database.ts";
export { openSnapshot } from "./snapshot.ts";
export type { LogSnapshot } from "./snapshot.ts";
export { openReplica } from "./replica.ts";
export type { CellDifference, Replica } from "./replica.ts";
export { TreeReader } from "./tree.ts";

/** An open database with its one writer and its readers. */
export interface SqliteStore {
  readonly store: Store;
  readonly reads: Reads;
  /** The tree over the log; it can be read once the store was opened. */
  readonly tree: LogTree;
  /** Whether no file has anything that was erased: another process that reads the log keeps it there. */
  readonly isScrubbed: boolean;
  /** Closes both connections and gives the folder free. */
  close(): Promise<void>;
}

/** How a data folder is opened. */
export interface Opening {
  /** There must be a log in it. */
  readonly isKnown?: boolean;
  /** What to do when another engine uses it. */
  readonly whenUsed?: string;
}

/**
 * Opens the database of a data folder, makes or updates its tables and takes the folder's lock.
 *
 * @throws {Error} when another engine uses the folder, or it cannot be written.
 */
export async function openSqlite(
  folder: string,
  { isKnown = false, whenUsed }: Opening = {},
): Promise<SqliteStore> {
  if (isKnown) assertThere(folder);
  const lease = takeLease(folder, whenUsed);
  const path = `${folder}/${DATABASE}`;
  try {
    await makeTables(path);
    const database = openReader(path);
    const reader = kyselyOn(database);
    const writer = new SqliteWriter(path);
    const close = async () => {
      await reader.destroy();
      // Kysely closes only what it has used.
      if (database.isOpen) database.close();
      writer.close();
      lease.release();
    };
    return {
      store: writer,
      reads: new SqliteReads(reader),
      tree: writer,
      get isScrubbed() {
        return writer.isScrubbed;
      },
      close,
    };
  } catch (error) {
    lease.release();
    throw error;
  }
}

const RESTORE = "Restore a backup, or choose another folder with --data.";

/** The first look at a database makes files beside it: whoever cannot do that is told now. */
function openReader(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.prepare("select seq from events limit 1").get();
    return database;
  } catch (error) {
    database.close();
    throw cannotUse(path, error, RESTORE);
  }
}

/** Only its owner reads what is in the log; files that SQLite puts beside it get the same mode. */
async function makeTables(path: string): Promise<void> {
  try {
    createOnce(path);
    const maker = kyselyOn(openDurable(path));
    await migrate(maker).finally(() => maker.destroy());
  } catch (error) {
    throw cannotUse(path, error, RESTORE);
  }
}

function createOnce(path: string): void {
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
