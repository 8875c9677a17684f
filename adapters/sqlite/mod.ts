/**
 * The log and its read models in SQLite. A data folder holds one database, used by one engine at a
 * time. Nothing here decides anything: rows come sealed, read models come folded.
 */
import { DatabaseSync } from "node:sqlite";
import type { Reads, Store } from "../../core/engine/mod.ts";
import { DATABASE, openDurable } from "./connection.ts";
import { kyselyOn } from "./dialect.ts";
import { takeLease } from "./lease.ts";
import { migrate } from "./migrations.ts";
import { SqliteReads } from "./reads.ts";
import { SqliteWriter } from "./store.ts";

export { openReplica } from "./replica.ts";
export type { CellDifference, Replica } from "./replica.ts";

/** An open database with its one writer and its readers. */
export interface SqliteStore {
  readonly store: Store;
  readonly reads: Reads;
  /** Closes both connections and gives the folder free. */
  close(): Promise<void>;
}

/**
 * Opens the database of a data folder, makes or updates its tables and takes the folder's lock.
 *
 * @throws {Error} when another engine uses the folder, or it cannot be written.
 */
export async function openSqlite(folder: string): Promise<SqliteStore> {
  const lease = takeLease(folder);
  const path = `${folder}/${DATABASE}`;
  try {
    const maker = kyselyOn(openDurable(path));
    await migrate(maker).finally(() => maker.destroy());
    const database = new DatabaseSync(path, { readOnly: true });
    const reader = kyselyOn(database);
    const writer = new SqliteWriter(path);
    const close = async () => {
      await reader.destroy();
      // Kysely closes only what it has used.
      if (database.isOpen) database.close();
      writer.close();
      lease.release();
    };
    return { store: writer, reads: new SqliteReads(reader), close };
  } catch (error) {
    lease.release();
    throw error;
  }
}
