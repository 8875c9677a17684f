import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { isDivergence, Replay } from "../../../core/mod.ts";
import { openReplica, openSqlite } from "../../../adapters/sqlite/mod.ts";
import { BEFORE_PERSONAL_TEXTS, engineOn, fill, sha256 } from "./folder.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { inFolder } from "../../support/folder.ts";

/** Where a replay of the folder finds something that is not so; `undefined`: nowhere. */
async function firstDifference(folder: string): Promise<string | undefined> {
  const replica = await openReplica(folder);
  try {
    const replay = new Replay(sha256);
    for (const cells of replica.rows()) {
      const taken = replay.take(cells);
      if (isDivergence(taken)) return `events ${taken.seq} ${taken.what}`;
      replica.expect(taken);
    }
    const found = replica.firstDifference();
    return found && `${found.table} ${found.key} ${found.column}`;
  } finally {
    replica.close();
  }
}

async function filled(folder: string): Promise<void> {
  const { store, close } = await openSqlite(folder);
  const engine = await engineOn(store);
  await fill(engine);
  await engine.stop();
  await close();
}

interface Cell {
  table: string;
  rowid: number;
  column: string;
}

function cellsOf(database: DatabaseSync): Cell[] {
  const tables = database.prepare(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
  ).all();
  return tables.flatMap(({ name }) => {
    const count = Number(database.prepare(`select count(*) as n from "${name}"`).get()?.n);
    const columns = database.prepare("select name from pragma_table_info(?)").all(name!);
    return Array.from(
      { length: count },
      (_, rowid) =>
        columns.map((column) => ({ table: String(name), rowid, column: String(column.name) })),
    ).flat();
  });
}

/** Changes one cell as little as its type lets it. */
function change(database: DatabaseSync, { table, rowid, column }: Cell): void {
  const keys = database.prepare("select name from pragma_table_info(?) where pk > 0 order by pk")
    .all(table).map((key) => `"${key.name}"`);
  const row = database.prepare(
    `select ${keys.join()}, "${column}" as cell from "${table}" order by ${keys.join()} limit 1 offset ?`,
  ).get(rowid)!;
  const values = keys.map((key) => row[key.slice(1, -1)]!);
  const next = typeof row.cell === "number"
    ? row.cell + 1_000_000
    : row.cell === null
    ? 1
    : flip(String(row.cell));
  const where = keys.map((key) => `${key} = ?`).join(" and ");
  database.prepare(`update "${table}" set "${column}" = ? where ${where}`).run(next, ...values);
}

/** Another character near the end, where it hurts least. */
function flip(text: string): string {
  const at = Math.max(0, text.length - 3);
  return text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
}

Deno.test("a replay finds a change of any one cell of the database", async () => {
  await inFolder(async (folder) => {
    await filled(folder);
    assert.equal(await firstDifference(folder), undefined);
    const original = await Deno.readFile(`${folder}/otalog.db`);
    const sample = new DatabaseSync(`${folder}/otalog.db`);
    const cells = cellsOf(sample);
    sample.close();
    assert.ok(cells.length > 120, `only ${cells.length} cells`);
    for (const cell of cells) {
      await Deno.writeFile(`${folder}/otalog.db`, original);
      const database = new DatabaseSync(`${folder}/otalog.db`);
      change(database, cell);
      database.close();
      assert.ok(await firstDifference(folder), `not found: ${JSON.stringify(cell)}`);
    }
  });
});

Deno.test("a replay finds rows, tables and indexes that are missing or too many", async () => {
  await inFolder(async (folder) => {
    await filled(folder);
    const original = await Deno.readFile(`${folder}/otalog.db`);
    const edits = [
      "delete from events where seq = 4",
      "delete from events where seq = (select max(seq) from events where stream <> 'engine')",
      "update events set seq = seq + 1000 where seq = 4",
      "delete from devices where device_id = 'pump-1'",
      "delete from tasks",
      "delete from tokens",
      "insert into images values ('00', 1, '', '', null)",
      "update images set header = '{}'",
      "create table notes (text)",
      "drop index tasks_by_state",
      "drop trigger task_moves",
      "delete from counts where what = 'tasks'",
      "create trigger quiet after insert on events begin delete from tokens; end",
      "insert into kysely_migration values ('2027-01-01-x', '2027-01-01T00:00:00.000Z')",
    ];
    for (const edit of edits) {
      await Deno.writeFile(`${folder}/otalog.db`, original);
      const database = new DatabaseSync(`${folder}/otalog.db`);
      database.exec(edit);
      database.close();
      assert.ok(await firstDifference(folder), `not found: ${edit}`);
    }
  });
});

Deno.test("a replay finds what is not so in the tree over the log", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    const devices = Array.from({ length: 600 }, (_, nth) => `d-${nth}`);
    await Promise.all(devices.map((device) => {
      const tokens = { tokenSha256: sha256(Buffer.from(device)), tokenSha512: ANY_SHA512 };
      const command = { type: "registerDevice", device, ...tokens } as const;
      return engine.submit({ kind: "command", actor: "operator:test", command });
    }));
    await engine.stop();
    await close();
    assert.equal(await firstDifference(folder), undefined);
    const edits = [
      ["update tree set hash = replace(hash, 'a', 'b') where idx = 1", "tree 8 1 hash"],
      ["update tree set idx = 5 where idx = 1", "tree 8 1 idx"],
      ["delete from tree where idx = 0", "tree 8 0 idx"],
      ["insert into tree values (16, 0, 'ab')", "tree 16 0 level,idx"],
    ] as const;
    const original = await Deno.readFile(`${folder}/otalog.db`);
    for (const [edit, found] of edits) {
      await Deno.writeFile(`${folder}/otalog.db`, original);
      const database = new DatabaseSync(`${folder}/otalog.db`);
      database.exec(edit);
      database.close();
      assert.equal(await firstDifference(folder), found);
    }
  });
});

Deno.test("openSqlite() counts the tasks and owed messages that an older otalog wrote", async () => {
  await inFolder(async (folder) => {
    await filled(folder);
    const database = new DatabaseSync(`${folder}/otalog.db`);
    for (const trigger of ["task_begins", "task_moves", "device_begins", "device_owed"]) {
      database.exec(`drop trigger ${trigger}`);
    }
    for (const index of ["devices_owed", "tasks_waiting", "tasks_active", "tasks_ended"]) {
      database.exec(`drop index ${index}`);
    }
    database.exec("drop table counts; drop table tree; alter table devices drop column owed");
    database.exec(BEFORE_PERSONAL_TEXTS);
    database.exec("delete from kysely_migration where name >= '2026-11-24'");
    database.close();
    const { reads, close } = await openSqlite(folder);
    assert.deepEqual(await reads.taskCounts(), { queued: 1, succeeded: 1 });
    assert.equal(await reads.owedMessages(), 1);
    await close();
    assert.equal(await firstDifference(folder), undefined);
  });
});

Deno.test("openSqlite() finds in an older log which versions were named whatever a header says", async () => {
  await inFolder(async (folder) => {
    const made = await openSqlite(folder);
    const engine = await engineOn(made.store);
    const image = { sha256: "5b".repeat(32), size: 9, sha1: "11", md5: "22".repeat(16) };
    const named = [["1", null, false], ["2", null, true], ["2", "p", false], ["3", "p", true]];
    for (const [version, product, ignoresHeader] of named as [string, string | null, boolean][]) {
      const command = { type: "addFirmware", image, version, product, ignoresHeader } as const;
      const named = { ...command, name: "a.bin" };
      await engine.submit({ kind: "command", actor: "operator:test", command: named });
    }
    await engine.stop();
    await made.close();
    const database = new DatabaseSync(`${folder}/otalog.db`);
    database.exec("alter table releases drop column header_ignored");
    database.exec("delete from kysely_migration where name >= '2026-11-30'");
    database.close();

    const { reads, store, close } = await openSqlite(folder);
    const { items } = await reads.firmwares({ limit: 9 });
    assert.deepEqual(
      items.map(({ version, product, headerIgnored = false }) => [version, product, headerIgnored]),
      named,
    );
    await store.open();
    assert.equal((await store.release("p", "3"))?.headerIgnored, true);
    await close();
    assert.equal(await firstDifference(folder), undefined);
  });
});

Deno.test("openSqlite() takes tables whose migrations bear whatever times", async () => {
  await inFolder(async (folder) => {
    await (await openSqlite(folder)).close();
    const edit = (sql: string) => {
      const database = new DatabaseSync(`${folder}/otalog.db`);
      database.exec(sql);
      database.close();
    };
    // An older otalog stamped days ahead, and a newer one was killed behind its last migration.
    edit(`update kysely_migration set timestamp = '2099-01-01T00:00:00.000Z'
      where name < '2026-11-30'`);
    edit(`update kysely_migration set timestamp = '2026-11-30T00:00:00.000Z'
      where name >= '2026-11-30'`);
    await (await openSqlite(folder)).close();
    assert.equal(await firstDifference(folder), undefined);
  });
});

Deno.test("openReplica() reads while an engine writes, and sees one moment", async () => {
  await inFolder(async (folder) => {
    const { store, close } = await openSqlite(folder);
    const engine = await engineOn(store);
    const replica = await openReplica(folder);
    const before = [...replica.rows()].length;
    await fill(engine);
    assert.equal([...replica.rows()].length, before);
    replica.close();
    assert.equal(await firstDifference(folder), undefined);
    await engine.stop();
    await close();
  });
});

Deno.test("openReplica() reads a copy that nobody may write", async () => {
  await inFolder(async (folder) => {
    await filled(folder);
    for (const { name } of Deno.readDirSync(folder)) await Deno.chmod(`${folder}/${name}`, 0o400);
    await Deno.chmod(folder, 0o500);
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const before = names();
    assert.equal(await firstDifference(folder), undefined);
    assert.deepEqual(names(), before);
  });
});

Deno.test("openReplica() says so when there is no log", async () => {
  await inFolder(async (folder) => {
    await assert.rejects(openReplica(folder), /there is no otalog.db in it/);
    await Deno.writeTextFile(
      `${folder}/otalog.db`,
      "no database at all, but long enough".repeat(99),
    );
    await assert.rejects(
      openReplica(folder),
      /^Error: Cannot use .*otalog\.db: it is not a database, or was damaged\. Name the data folder/,
    );
  });
});
