/** The database of a data folder is copied as it is at one moment, while an engine goes on. */
import { backup, DatabaseSync } from "node:sqlite";
import type { StoredCells } from "../../core/mod.ts";
import { COPIED, DATABASE } from "./connection.ts";
import { kyselyOn } from "./dialect.ts";
import { isUpToDate, migrate } from "./migrations.ts";
import { openSnapshot } from "./snapshot.ts";
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
      // Beside the tables, each of which follows from the log.
      copy.exec(`pragma user_version = ${COPIED}`);
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

/** What is in a data folder that is a copy. */
export interface FolderContents {
  readonly rows: number;
  readonly devices: number;
  /** The id of the log; empty for a log without rows, as is the next one. */
  readonly log: string;
  /** The hash of the last row. */
  readonly head: string;
  /** When the last row was written, in milliseconds since 1970; `undefined`: it does not say so. */
  readonly at: number | undefined;
  /** The images that the log names. */
  readonly images: readonly { readonly sha256: string; readonly size: number }[];
}

/** Looks what is in it: nothing that stands in its cells is proved by that. */
export function contentsOf(folder: string): FolderContents {
  return on(`${folder}/${DATABASE}`, (database) => {
    const count = (table: string) =>
      Number(database.prepare(`select count(*) as n from ${table}`).get()?.n);
    const last = database.prepare("select bytes, hash from events order by seq desc limit 1").get();
    const { log, at } = headerOf(last?.bytes);
    return {
      rows: count("events"),
      devices: count("devices"),
      log: String(log ?? ""),
      head: String(last?.hash ?? ""),
      at: Number.isSafeInteger(at) ? at as number : undefined,
      images: database.prepare("select sha256, size from images order by sha256").all()
        .map(({ sha256, size }) => ({ sha256: String(sha256), size: Number(size) }))
        // Another name would lead somewhere else.
        .filter(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256)),
    };
  });
}

/** The rows of its log, one after the other. */
export function* rowsOf(folder: string): Iterable<StoredCells> {
  const log = openSnapshot(folder);
  try {
    yield* log.rows();
  } finally {
    log.close();
  }
}

function headerOf(bytes: unknown): { log?: unknown; at?: unknown } {
  try {
    return Object(JSON.parse(String(bytes)));
  } catch {
    return {};
  }
}

function on<T>(path: string, act: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    return act(database);
  } finally {
    database.close();
  }
}
