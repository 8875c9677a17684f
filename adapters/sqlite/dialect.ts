/** Kysely on Deno's built-in SQLite: the thin bridge its own dialect asks for. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Kysely, SqliteAdapter, SqliteDialect } from "kysely";
import type { DialectAdapter, SqliteDatabase, SqliteStatement } from "kysely";
import type { Tables } from "./schema.ts";

type Values = Parameters<StatementSync["all"]>;

/** Statements kept per connection; Kysely prepares the same text again and again. */
const STATEMENTS_MAX = 200;

/** A typed query builder on the connection, which is closed by `destroy()`. */
export function kyselyOn(database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new Dialect({ database: bridge(database) }) });
}

class Dialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new Adapter();
  }
}

/**
 * SQLite makes tables within a transaction like anything else: a start that is killed while it makes
 * them leaves all of them or none.
 */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function bridge(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (wanted) => {
      // After a fault of the disk SQLite has rolled back by itself, and the fault is what is told.
      const sql = wanted === "rollback" && !database.isTransaction ? "select 0" : wanted;
      const known = statements.get(sql);
      if (known) return known;
      if (statements.size >= STATEMENTS_MAX) statements.clear();
      const made = statement(database.prepare(sql));
      statements.set(sql, made);
      return made;
    },
  };
}

function statement(prepared: StatementSync): SqliteStatement {
  return {
    reader: prepared.columns().length > 0,
    all: (values) => prepared.all(...values as Values),
    run: (values) => prepared.run(...values as Values),
    iterate: (values) => prepared.iterate(...values as Values),
  };
}
