/** The database of a data folder is copied as it is at one moment, while an engine goes on. */
import { backup, DatabaseSync } from "node:sqlite";
import { DATABASE } from "./connection.ts";
import { kyselyOn } from "./dialect.ts";
import { isUpToDate, migrate } from "./migrations.ts";
import { cannotUse, isDamage } from "./trouble.ts";

/** How the database is copied. */
export interface DatabaseCopying {
  /** The data folders. */
  readonly from: string;
  readonly to: string;
  /** What to do where `from` cannot be read, and where `to` cannot be written. */
  readonly whatToDo: { readonly from: string; readonly to: string };
  /** Told of the share that was copied, from 0 to 1. */
  progress(share: number): void;
}

/** Pages that are copied at once: 1 MiB. */
const PAGES = 256;

/**
 * Copies it, and looks whether the copy is whole; its bytes. All of it is read in one transaction: without that,
 * SQLite would begin anew at every commit of the engine, and never come to an end.
 *
 * @throws {Error} when there is none, it is damaged, or there is no room.
 */
export async function copyDatabase(copying: DatabaseCopying): Promise<number> {
  const { from, to, whatToDo } = copying;
  const [source, target] = [`${from}/${DATABASE}`, `${to}/${DATABASE}`];
  const found = open(source, from, whatToDo.from);
  try {
    // SQLite keeps the mode of a file that is there.
    Deno.openSync(target, { createNew: true, write: true, mode: 0o600 }).close();
    await backup(found, target, {
      rate: PAGES,
      progress: ({ totalPages, remainingPages }) =>
        copying.progress(1 - remainingPages / totalPages),
    });
    on(target, (copy) => {
      // One file then, which can be read in a folder that cannot be written, too.
      copy.exec("pragma journal_mode = delete");
      // Pages are copied as they are found: whether they hang together is not known yet.
      const result = copy.prepare("pragma integrity_check(1)").get()?.integrity_check;
      if (result !== "ok") throw new Error("database disk image is malformed");
    });
    return (await Deno.stat(target)).size;
  } catch (error) {
    throw isDamage(error)
      ? cannotUse(source, error, whatToDo.from)
      : cannotUse(target, error, whatToDo.to);
  } finally {
    found.close();
  }
}

/** Opens it in a transaction of its own. */
function open(source: string, folder: string, whatToDo: string): DatabaseSync {
  if (!isThere(source)) {
    throw cannotUse(folder, new Error(`there is no ${DATABASE} in it`), whatToDo);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(source, { readOnly: true });
    database.exec("pragma busy_timeout = 5000; begin");
    database.prepare("select count(*) from sqlite_master").get();
    return database;
  } catch (error) {
    database?.close();
    throw cannotUse(source, error, whatToDo);
  }
}

/** What may not be looked at may be there: whoever opens it learns more. */
function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}

/** Whether its tables are those of this otalog, and not of an older one. @throws {Error} for a newer one. */
export async function hasOwnTables(folder: string): Promise<boolean> {
  const database = kyselyOn(new DatabaseSync(`${folder}/${DATABASE}`, { readOnly: true }));
  return await isUpToDate(database).finally(() => database.destroy());
}

/** Brings the tables of a copy up to date. @throws {Error} when they are of a newer otalog. */
export async function updateTables(folder: string): Promise<void> {
  const database = kyselyOn(new DatabaseSync(`${folder}/${DATABASE}`));
  await migrate(database).finally(() => database.destroy());
}

/** The images that the log names. */
export function imagesIn(folder: string): { readonly sha256: string; readonly size: number }[] {
  const images: { sha256: string; size: number }[] = [];
  on(`${folder}/${DATABASE}`, (database) => {
    for (const row of database.prepare("select sha256, size from images order by sha256").all()) {
      images.push({ sha256: String(row.sha256), size: Number(row.size) });
    }
  });
  return images;
}

function on(path: string, act: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(path);
  try {
    act(database);
  } finally {
    database.close();
  }
}
