/** The statements of the log's one writer. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { activeStates } from "../../core/mod.ts";

/** All of them. */
export type Statements = ReturnType<typeof prepare>;

/** Prepares them on the connection of the log's one writer. */
// deno-lint-ignore explicit-module-boundary-types -- the list of statements is its own type
export function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    insert: sql(
      `insert into events (seq, stream, version, bytes, data, salt, hash, personal)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    erase: sql(
      `update events set personal = null
       where stream = ? and version <= ? and personal is not null`,
    ),
    lastRow: sql("select * from events order by seq desc limit 1"),
    mark: sql("pragma user_version"),
    count: sql("select count(*) as rows from events where seq >= ?"),
    head: sql("select version, hash from events where stream = ? order by version desc limit 1"),
    personalRows: sql(
      `select version from events where stream = ? and version > ? and personal is not null
       order by version limit ?`,
    ),
    device: sql("select state from devices where device_id = ?"),
    release: sql("select * from releases where version = ? and product = ?"),
    // A version has two rows at most: under the product, and under none.
    versionsByMd5: sql(
      `select version from releases where sha256 in (select sha256 from images where md5 = :hex)
         and product in (:product, '') limit 3`,
    ),
    versionsBySha256: sql(
      `select version from releases where sha256 in (
         select :hex union all
         select sha256 from images where json_extract(header, '$.digest') = :hex
       ) and product in (:product, '') limit 3`,
    ),
    image: sql("select * from images where sha256 = ?"),
    lastTask: sql("select number, task_id, device_id from tasks order by number desc limit 1"),
    // Since that device got the last task. By the index of streams, so that few rows are read.
    restores: sql(
      `select count(*) as restores from events
       where stream = 'engine' and bytes like '%"type":"LogRestored"%' and +seq > coalesce((
         select seq from events where stream = 'device/' || ? and bytes like '%"type":"TaskQueued"%'
         order by version desc limit 1
       ), 0)`,
    ),
    taskDevice: sql("select device_id from tasks where task_id = ?"),
    dueTasks: sql(
      `select device_id as device, task_id as task, state, due_at as due, limit_ms as limitMs
       from tasks where due_at <= ? and limit_ms <= ? order by due_at limit ?`,
    ),
    nextDue: sql(
      `select (select min(due_at) from tasks where due_at > :now) as due,
         (select min(limit_ms) from tasks where due_at <= :now and limit_ms > :limitMsMax) as limitMs`,
    ),
    // Both halves come in the order of an index each: only as much is read as is wanted.
    devicesToCall: sql(
      `select device_id from devices where owed > 0 and device_id > :after
       union select device_id from tasks indexed by tasks_waiting
         where state in ('queued', 'held') and device_id > :after
       order by device_id limit :count`,
    ),
    devicesAtWork: sql(
      `select distinct device_id from tasks indexed by tasks_active
       where state in (${activeStates.map((state) => `'${state}'`).join(", ")})
         and device_id > :after
       order by device_id limit :count`,
    ),
    tasksEnded: sql(
      `select ended_at as endedAt, task_id as task, device_id as device from tasks
       where ended_at >= :endedAt and (ended_at > :endedAt or task_id > :task)
       order by ended_at, task_id limit :count`,
    ),
    devicesIn: sql(
      "select distinct device_id from tasks where state in (select value from json_each(?))",
    ),
  };
}
