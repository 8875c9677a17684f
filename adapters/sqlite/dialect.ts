/** Kysely on Deno's built-in SQLite: the thin bridge its own dialect asks for. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import type { Tables } from "./schema.ts";

type Values = Parameters<StatementSync["all"]>;

/** Statements kept per connection; Kysely prepares the same text again and again. */
const STATEMENTS_MAX = 200;

/** A typed query builder on the connection, which is closed by `destroy()`. */
export function kyselyOn(database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: bridge(database) }) });
}

function bridge(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (sql) => {
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
