/** How the tables came to be. A migration is never edited once it was released. */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import type { Migration } from "kysely/migration";
import type { Tables } from "./schema.ts";
import { emptyTree, grow, leafOf } from "./tree.ts";

/** Names begin with the day the migration was written. */
const migrations: Record<string, Migration> = {
  "2026-11-23-log-and-read-models": {
    up: async (db) => {
      await runAll(db, firstTables);
    },
  },
  "2026-11-24-counts": {
    up: async (db) => {
      await runAll(db, counts);
    },
  },
  "2026-11-25-devices-to-call": {
    up: async (db) => {
      await runAll(db, devicesToCall);
    },
  },
  "2026-11-26-tree": {
    up: async (db) => {
      await runAll(db, tree);
      await growTree(db);
    },
  },
  "2026-11-26-untagged-devices": {
    up: async (db) => {
      await runAll(db, untaggedDevices);
    },
  },
  "2026-11-27-personal-texts": {
    up: async (db) => {
      await runAll(db, personalTexts);
    },
  },
  "2026-11-28-image-headers": {
    up: async (db) => {
      await runAll(db, imageHeaders);
    },
  },
  "2026-11-29-images-by-digest": {
    up: async (db) => {
      await runAll(db, imagesByDigest);
    },
  },
  "2026-11-30-ignored-headers": {
    up: async (db) => {
      await runAll(db, ignoredHeaders);
    },
  },
};

async function runAll(db: Kysely<Tables>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement.replaceAll(/\s+/g, " ")).execute(db);
  }
}

const firstTables = [
  `create table events (
     seq integer primary key, stream text not null, version integer not null, bytes text not null,
     data text not null, salt text not null, hash text not null, unique (stream, version)
   ) strict`,
  `create table devices (device_id text primary key, state text not null) strict, without rowid`,
  `create table tokens (
     sha256 text primary key, device_id text not null, valid_until integer
   ) strict, without rowid`,
  `create index tokens_by_device on tokens (device_id)`,
  `create table tasks (
     task_id text primary key, number integer not null unique, device_id text not null,
     image text not null, state text not null, ended_at integer, due_at integer, limit_ms integer,
     task text not null
   ) strict, without rowid`,
  `create index tasks_by_deadline on tasks (due_at) where due_at is not null`,
  `create index tasks_by_device on tasks (device_id, image)`,
  `create index tasks_by_state on tasks (state)`,
  `create table images (
     sha256 text primary key, size integer not null, sha1 text not null, md5 text not null
   ) strict, without rowid`,
  `create table releases (
     version text not null, product text not null, sha256 text not null, named_at integer not null,
     primary key (version, product)
   ) strict, without rowid`,
];

/** Counted as rows change, since counting them would take longer with every task there ever was. */
const counts = [
  `create table counts (
     what text not null, state text not null, n integer not null, primary key (what, state)
   ) strict, without rowid`,
  `alter table devices add column owed integer not null default 0`,
  `update devices set owed = json_array_length(state, '$.owed')`,
  `insert into counts select 'tasks', state, count(*) from tasks group by state`,
  `insert into counts select 'messages', 'owed', sum(owed) from devices having sum(owed) > 0`,
  `create trigger task_begins after insert on tasks begin ${count("'tasks', new.state, 1")} end`,
  `create trigger task_moves after update of state on tasks when new.state <> old.state begin
     ${count("'tasks', old.state, -1")} ${count("'tasks', new.state, 1")} end`,
  `create trigger device_begins after insert on devices when new.owed <> 0 begin
     ${count("'messages', 'owed', new.owed")} end`,
  `create trigger device_owed after update of owed on devices when new.owed <> old.owed begin
     ${count("'messages', 'owed', new.owed - old.owed")} end`,
];

/** Few of many devices are owed something, have a task in hand or one that waits, or ended one lately. */
const devicesToCall = [
  `create index devices_owed on devices (device_id) where owed > 0`,
  `create index tasks_waiting on tasks (device_id) where state in ('queued', 'held')`,
  `create index tasks_active on tasks (device_id) where state in ('offered', 'downloading',
     'paused', 'retrying', 'verifying', 'awaiting_install', 'installing', 'rebooting', 'confirming')`,
  `create index tasks_ended on tasks (ended_at) where ended_at is not null`,
];

/** The complete subtrees of every eighth level of the tree over the rows. */
const tree = [
  `create table tree (
     level integer not null, idx integer not null, hash text not null, primary key (level, idx)
   ) strict, without rowid`,
];

/** What is personal stands in the log alone, where it can be erased (`erased_rows.ts`). */
const untaggedDevices = [`update devices set state = json_remove(state, '$.tags')`];

/** Few rows have one; those of a device are found without a look at the others. */
const personalTexts = [
  `alter table events add column personal text`,
  `create index events_personal on events (stream, version) where personal is not null`,
];

/** Nobody had read those of images that are there already. */
const imageHeaders = [`alter table images add column header text`];

/** Devices say by these what they run. */
const imagesByDigest = [
  `create index images_by_md5 on images (md5)`,
  `create index images_by_header on images (json_extract(header, '$.digest'))
     where json_extract(header, '$.digest') is not null`,
  `create index releases_by_image on releases (sha256)`,
];

/** The log has known it all along. */
const ignoredHeaders = [
  `alter table releases add column header_ignored integer not null default 0`,
  `update releases set header_ignored = 1 where exists (
     select 1 from events where events.stream = 'image/' || releases.sha256
     and json_extract(data, '$.version') = releases.version
     and coalesce(json_extract(data, '$.product'), '') = releases.product
     and json_extract(data, '$.header_ignored')
   )`,
];

/** As many rows as are held at once. */
const PAGE_ROWS = 1_000;

/** What the tree holds of the rows that are there already. */
async function growTree(db: Kysely<Tables>): Promise<void> {
  const tree = emptyTree();
  for (let isMore = true; isMore;) {
    const rows = await db.selectFrom("events").select(["seq", "hash"])
      .where("seq", ">", tree.size).orderBy("seq").limit(PAGE_ROWS).execute();
    for (const { seq, hash } of rows) {
      const leaf = leafOf(hash);
      if (leaf === undefined || seq !== tree.size + 1) {
        throw new Error(`its log is damaged at row ${tree.size + 1}`);
      }
      for (const { level, index: idx, hash } of grow(tree, leaf)) {
        await db.insertInto("tree").values({ level, idx, hash }).execute();
      }
    }
    isMore = rows.length === PAGE_ROWS;
  }
}

/** Adds to a count; one that is zero has no row, whichever way it came to be zero. */
function count(values: string): string {
  return `insert into counts values (${values}) on conflict do update set n = n + excluded.n;
    delete from counts where n = 0;`;
}

const provider = { getMigrations: () => Promise.resolve(migrations) };

/**
 * Brings the tables up to date; does nothing when they are.
 *
 * @throws {Error} when they are of a newer otalog, or the database is none.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  await assertNotNewer(db);
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
  // Kysely stamps the wall clock, a cell that nobody could prove: the migration's own day stands.
  const day = sql`substr(name, 1, 10) || 'T00:00:00.000Z'`;
  await sql`update kysely_migration set timestamp = ${day} where timestamp <> ${day}`.execute(db);
}

/** Whether there is nothing to bring up to date. @throws {Error} as {@link migrate}. */
export async function isUpToDate(db: Kysely<Tables>): Promise<boolean> {
  await assertNotNewer(db);
  const all = await new Migrator({ db, provider }).getMigrations();
  return all.every(({ executedAt }) => executedAt !== undefined);
}

async function assertNotNewer(db: Kysely<Tables>): Promise<void> {
  const newer = await unknownMigration(db);
  if (newer !== undefined) throw new Error(`a newer otalog wrote it (${newer})`);
}

/** A migration that was run and that we do not have. */
async function unknownMigration(db: Kysely<Tables>): Promise<string | undefined> {
  const table = sql`select 1 from sqlite_master where name = 'kysely_migration'`;
  if ((await table.execute(db)).rows.length === 0) return undefined;
  const known = sql.join(Object.keys(migrations));
  const unknown = sql<{ name: string }>`
    select name from kysely_migration where name not in (${known}) order by name limit 1`;
  return (await unknown.execute(db)).rows[0]?.name;
}
