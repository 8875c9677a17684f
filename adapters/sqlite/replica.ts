/** A database that anybody may have tampered with beside one that is folded again from its log. */
import { DatabaseSync } from "node:sqlite";
import type { StoredCells } from "../../core/mod.ts";
import type { Models } from "../../core/engine/mod.ts";
import { kyselyOn } from "./dialect.ts";
import { migrate } from "./migrations.ts";
import { ModelsWriter } from "./models.ts";
import { NewestModels } from "./newest_models.ts";
import { iterate, openReadOnly, selectCells } from "./read_only.ts";
import type { Row } from "./read_only.ts";
import { emptyTree, TreeWriter } from "./tree.ts";

/** A cell that is not what the log leads to. */
export interface CellDifference {
  readonly table: string;
  /** The row's primary key. */
  readonly key: string;
  readonly column: string;
  readonly expected: string;
  readonly found: string;
}

/** A database beside one that is folded again from its log. */
export interface Replica {
  /** The rows of the log in the order of `seq`, whatever stands in their cells. */
  rows(): Iterable<StoredCells>;
  /** How many rows there are. */
  readonly count: number;
  /** Adds what the row that came last leads to: its read models, and its place in the tree. */
  expect(models: Models): void;
  /** Compares every cell of every other table, and the tables themselves. */
  firstDifference(): CellDifference | undefined;
  /** Closes both databases. */
  close(): void;
}

/**
 * Opens the database of a data folder.
 *
 * @throws {Error} when there is none, or it cannot be read.
 */
export async function openReplica(folder: string): Promise<Replica> {
  const found = openReadOnly(folder);
  const expected = openScratch();
  await migrate(kyselyOn(expected));
  const models = new NewestModels(new ModelsWriter(expected));
  const [tree, treeWriter] = [emptyTree(), new TreeWriter(expected)];
  let last: StoredCells | undefined;
  expected.exec("begin");
  return {
    *rows() {
      const log = `${selectCells(found)} order by seq`;
      for (last of iterate(found, log) as Iterable<StoredCells & Row>) yield last;
    },
    count: Number(found.prepare("select count(*) as n from events").get()?.n),
    expect: (next) => {
      models.add(next);
      treeWriter.add(tree, String(last?.hash));
    },
    firstDifference: () => {
      models.flush();
      return compare(expected, found);
    },
    close: () => {
      found.close();
      expected.close();
    },
  };
}

/**
 * A database of SQLite's own, which is gone when it is closed: in memory as long as it is small. Deno gives
 * one to a process with all permissions only; others hold all of it in memory.
 */
function openScratch(): DatabaseSync {
  try {
    return new DatabaseSync("");
  } catch {
    return new DatabaseSync(":memory:");
  }
}

/** The log itself is compared row by row by the replay. */
const REPLAYED = "events";

function compare(expected: DatabaseSync, found: DatabaseSync): CellDifference | undefined {
  const schema =
    "select type || ' ' || name as object, tbl_name, sql from sqlite_master order by type, name";
  const difference = compareRows("sqlite_master", ["object"], expected, found, schema);
  if (difference) return difference;
  for (
    const { name } of expected.prepare("select name from sqlite_master where type = 'table'").all()
  ) {
    const table = String(name);
    if (table === REPLAYED || table.startsWith("sqlite_")) continue;
    const keys = primaryKey(expected, table);
    const query = `select * from "${table}" order by ${keys.map((key) => `"${key}"`).join()}`;
    const difference = compareRows(table, keys, expected, found, query);
    if (difference) return difference;
  }
}

function primaryKey(database: DatabaseSync, table: string): string[] {
  const columns = database.prepare(
    "select name from pragma_table_info(?) where pk > 0 order by pk",
  );
  return columns.all(table).map((row: Row) => String(row.name));
}

/** Walks both tables in the order of their keys; memory holds one row of each. */
function compareRows(
  table: string,
  keys: readonly string[],
  expected: DatabaseSync,
  found: DatabaseSync,
  query: string,
): CellDifference | undefined {
  const right = iterate(expected, query)[Symbol.iterator]();
  const other = iterate(found, query)[Symbol.iterator]();
  for (;;) {
    const [a, b] = [right.next(), other.next()];
    if (a.done && b.done) return undefined;
    const row: Row = a.value ?? b.value;
    const key = keys.map((name) => String(row[name])).join(" ");
    if (!a.value || !b.value) {
      const [expected, found] = a.value ? ["a row", "none"] : ["no row", "one"];
      return { table, key, column: keys.join(), expected, found };
    }
    for (const column of new Set([...Object.keys(a.value), ...Object.keys(b.value)])) {
      if (a.value[column] === b.value[column]) continue;
      const expected = String(a.value[column]);
      return { table, key, column, expected, found: String(b.value[column]) };
    }
  }
}
