import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { StoreError } from "../../../core/engine/mod.ts";
import { consistencyPath, GrowingTree, inclusionPath } from "../../../core/evidence/mod.ts";
import type { LeafRange } from "../../../core/evidence/mod.ts";
import { openSqlite, TreeReader } from "../../../adapters/sqlite/mod.ts";
import type { SqliteStore } from "../../../adapters/sqlite/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { BEFORE_PERSONAL_TEXTS, sha256 } from "./folder.ts";
import { keptOf, madeRow, MadeTree, madeWrite } from "./made_rows.ts";

const SIZE = 65_537;
const made = new MadeTree(SIZE);

/** Where subtrees begin and end that are kept, and where they do not. */
const EDGES = [0, 1, 2, 127, 128, 129, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537];

function keptIn(database: DatabaseSync): object[] {
  const rows = database.prepare("select level, idx, hash from tree order by level, idx").all();
  return rows.map((row) => ({ ...row }));
}

/** What a database of the folder says, by a connection that only reads. */
function look<T>(folder: string, at: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(`${folder}/otalog.db`, { readOnly: true });
  try {
    return at(database);
  } finally {
    database.close();
  }
}

function edit(folder: string, sql: string): void {
  const database = new DatabaseSync(`${folder}/otalog.db`);
  database.exec(sql);
  database.close();
}

/** A store with so many rows. */
async function filled(folder: string, size: number): Promise<SqliteStore> {
  const sqlite = await openSqlite(folder);
  await sqlite.store.open();
  for (let after = 0; after < size; after += 10_000) {
    await sqlite.store.append([madeWrite(after, Math.min(10_000, size - after))]);
  }
  return sqlite;
}

/** The database, but every row that is read of it is counted, level by level. */
function counting(database: DatabaseSync, reads: Map<unknown, number>): DatabaseSync {
  const prepare = (sql: string) => {
    const statement = database.prepare(sql);
    const isKept = sql.includes("level = ?");
    return {
      all: (...values: number[]) => {
        const rows = statement.all(...values);
        const level = isKept ? values[0] : 0;
        reads.set(level, (reads.get(level) ?? 0) + rows.length);
        return rows;
      },
    };
  };
  return { prepare } as unknown as DatabaseSync;
}

Deno.test("TreeReader has the hashes of a tree over all rows: root, edge, every path of a proof", async () => {
  await inFolder(async (folder) => {
    await (await filled(folder, SIZE)).close();
    look(folder, (database) => {
      const reader = new TreeReader(database);
      const grown = new GrowingTree(sha256);
      for (let size = 0; size <= SIZE; size++) {
        if (EDGES.includes(size)) {
          assert.equal(reader.root(size), grown.root, `${size}`);
          assert.deepEqual(reader.edge(size), grown.edge, `${size}`);
        }
        if (size < SIZE) grown.add(madeRow(size + 1).hash.slice(7));
      }
      const assertSame = (path: LeafRange[], where: string) => {
        for (const range of path) {
          assert.equal(reader.hashOf(range), made.hashOf(range), `[${range}) for ${where}`);
        }
      };
      for (const size of EDGES.filter((size) => size < 300)) {
        for (let at = 0; at < size; at++) {
          assertSame(inclusionPath(at, size), `row ${at} of ${size}`);
          assertSame(consistencyPath(at, size), `${at} to ${size}`);
        }
      }
      const place = fc.oneof(fc.nat(SIZE), fc.constantFrom(...EDGES));
      fc.assert(fc.property(place, place, (a, b) => {
        const [at, size] = [Math.min(a, b), Math.max(a, b)];
        if (at < size) assertSame(inclusionPath(at, size), `row ${at} of ${size}`);
        assertSame(consistencyPath(at, size), `${at} to ${size}`);
        assert.equal(reader.root(size), made.grown(size).root);
      }));
    });
  });
});

Deno.test("TreeReader reads at most 256 rows of a level for a hash of a proof, an edge or a root", async () => {
  await inFolder(async (folder) => {
    await (await filled(folder, SIZE)).close();
    look(folder, (database) => {
      const reads = new Map<unknown, number>();
      const reader = new TreeReader(counting(database, reads));
      const assertFew = (what: string) => {
        for (const [level, count] of reads) assert.ok(count <= 256, `${what}: ${level}: ${count}`);
        reads.clear();
      };
      for (const size of [...EDGES, 65_279, 60_000]) {
        reader.edge(size);
        assertFew(`edge of ${size}`);
        reader.root(size);
        assertFew(`root of ${size}`);
      }
      for (const range of [...inclusionPath(0, SIZE), ...consistencyPath(60_001, 65_535)]) {
        reader.hashOf(range);
        assertFew(`[${range})`);
      }
    });
  });
});

Deno.test("store.append() keeps the tree, batch by batch, after faults and after every start", async () => {
  await inFolder(async (folder) => {
    const { store, tree, close } = await openSqlite(folder);
    await store.open();
    const batches = [1, 254, 1, 1, 700, 3, 63_000, 1_575, 1, 1];
    let size = 0;
    for (const count of batches) {
      const write = madeWrite(size, count + 300);
      // The last row is there already: those before it were written when that is found.
      const torn = {
        ...write,
        rows: [...write.rows.slice(0, -1), { ...write.rows.at(-1)!, version: 1 }],
      };
      if (size > 0) await assert.rejects(store.append([torn]), StoreError);
      assert.equal(await tree.rootAt(size), made.grown(size).root, `after a fault at ${size}`);
      await store.append([madeWrite(size, count)]);
      size += count;
      assert.equal(tree.size, size);
      assert.equal(await tree.rootAt(size), made.grown(size).root, `at ${size}`);
      await store.open();
      assert.equal(await tree.rootAt(size), made.grown(size).root, `opened at ${size}`);
      assert.equal(await tree.rootAt(Math.floor(size / 2)), made.grown(Math.floor(size / 2)).root);
    }
    assert.equal(size, SIZE);
    await close();
    assert.deepEqual(look(folder, keptIn), keptOf(made, SIZE));
  });
});

const OLDER =
  `${BEFORE_PERSONAL_TEXTS} drop table tree; delete from kysely_migration where name >= '2026-11-26'`;

Deno.test("openSqlite() gives a log of an older otalog its tree", async () => {
  for (const size of [0, 255, 256, 1_000, SIZE]) {
    await inFolder(async (folder) => {
      await (await filled(folder, size)).close();
      edit(folder, OLDER);
      const { store, tree, close } = await openSqlite(folder);
      assert.deepEqual(look(folder, keptIn), keptOf(made, size));
      await store.open();
      assert.equal(await tree.rootAt(size), made.grown(size).root);
      await close();
    });
  }
});

Deno.test("openSqlite() gives no tree to a log of an older otalog that is damaged", async () => {
  for (
    const damage of [
      "update events set hash = 'sha256:00' where seq = 2",
      "update events set hash = 'sha512' || substr(hash, 7) where seq = 2",
      "delete from events where seq = 2",
    ]
  ) {
    await inFolder(async (folder) => {
      await (await filled(folder, 300)).close();
      edit(folder, `${OLDER}; ${damage}`);
      await assert.rejects(openSqlite(folder), {
        message: `Cannot use ${folder}/otalog.db: its log is damaged at row 2. ` +
          "Restore a backup, or choose another folder with --data.",
      });
      assert.throws(() => look(folder, keptIn), /no such table: tree/);
    });
  }
});

Deno.test("a tree whose edge is damaged is neither continued nor read", async () => {
  const damages: [edit: string, rows: string][] = [
    ["update tree set hash = upper(hash) where idx = 1", "1 and row 512"],
    ["delete from tree where idx = 1", "1 and row 512"],
    ["update events set hash = 'junk' where seq = 513", "513 and row 576"],
    ["update events set hash = '' where seq = 599", "593 and row 600"],
  ];
  for (const [damage, rows] of damages) {
    await inFolder(async (folder) => {
      await (await filled(folder, 600)).close();
      edit(folder, damage);
      const { store, close } = await openSqlite(folder);
      const message = damagedBetween(rows);
      await assert.rejects(store.open(), { name: "StoreError", message });
      await close();
      look(folder, (database) => {
        assert.throws(() => new TreeReader(database).root(600), { name: "StoreError", message });
      });
    });
  }
});

Deno.test("tree.rootAt() has no root of rows that are not there", async () => {
  await inFolder(async (folder) => {
    const { tree, close } = await filled(folder, 10);
    await assert.rejects(tree.rootAt(11), { message: damagedBetween("11 and row 11") });
    await assert.rejects(tree.rootAt(12), { message: damagedBetween("9 and row 12") });
    await close();
    await assert.rejects(tree.rootAt(10), /must be opened again/);
  });
});

function damagedBetween(rows: string): string {
  return `The log is damaged, or its tree, between row ${rows}. ` +
    'Look at it with "deno task replay" and restore a backup.';
}
