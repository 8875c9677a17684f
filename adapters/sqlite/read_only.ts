/**
 * A look at a database that anybody may have tampered with. Never writes; reads one consistent moment
 * while an engine goes on, and works on a copy that cannot be written, too.
 */
import { DatabaseSync } from "node:sqlite";
import { DATABASE } from "./connection.ts";
import { cannotUse } from "./trouble.ts";

/** A row of any table: any value may stand in any cell. */
export type Row = Record<string, unknown>;

/**
 * Opens the database of a data folder, as it is now, and for reading alone.
 *
 * Without a `-wal` file nobody has the database open: it is read as immutable, since a WAL database
 * in a folder that cannot be written opens no other way, and no file must appear beside it. Deno
 * takes such a URI only from a process with all permissions; others open the file itself.
 *
 * @throws {Error} when there is none, or it cannot be read.
 */
export function openReadOnly(folder: string): DatabaseSync {
  assertThere(folder);
  const path = `${folder}/${DATABASE}`;
  const ways = exists(`${path}-wal`) ? [path] : [`file:${encodeURI(path)}?immutable=1`, path];
  let fault: unknown;
  for (const way of ways) {
    try {
      return snapshot(new DatabaseSync(way, { readOnly: true }));
    } catch (error) {
      fault = error;
    }
  }
  throw cannotUse(path, fault, NAME_ANOTHER);
}

/** @throws {Error} when it is no data folder. */
export function assertThere(folder: string): void {
  if (exists(`${folder}/${DATABASE}`)) return;
  throw new Error(
    `Cannot use ${folder}: there is no ${DATABASE} in it. Name a data folder with --data.`,
  );
}

/** Begins the one read transaction that everything is read in. */
function snapshot(database: DatabaseSync): DatabaseSync {
  try {
    database.exec("begin");
    database.prepare("select count(*) from sqlite_master").get();
    database.prepare("select seq from events limit 1").get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Asks for the cells of the log's rows; the log of an older otalog has no personal texts. */
export function selectCells(database: DatabaseSync): string {
  const query = "select 1 from pragma_table_info('events') where name = 'personal'";
  const personal = database.prepare(query).get() ? "personal" : "null as personal";
  return `select seq, stream, version, bytes, data, salt, hash, ${personal} from events`;
}

/** @throws {Error} when nobody can tell: that a file may not be looked at does not mean it is gone. */
function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw cannotUse(path, error, NAME_ANOTHER);
  }
}

const NAME_ANOTHER = "Name the data folder of an engine with --data, and one that you may read.";

/** Row by row. Integers that JavaScript cannot hold come back as something unequal, not as an exception. */
export function* iterate(
  database: DatabaseSync,
  query: string,
  ...values: readonly (string | number)[]
): Iterable<Row> {
  const statement = database.prepare(query);
  statement.setReadBigInts(true);
  for (const row of statement.iterate(...values) as Iterable<Row>) {
    const plain: Row = {};
    for (const [column, value] of Object.entries(row)) {
      plain[column] = typeof value === "bigint" && Number.isSafeInteger(Number(value))
        ? Number(value)
        : value;
    }
    yield plain;
  }
}
