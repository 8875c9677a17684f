/**
 * The log's one writer: synchronous statements on a connection of its own, so that nothing else can
 * join its transaction. What it returns from `append` is on the disk.
 */
import type { DatabaseSync } from "node:sqlite";
import { hashBytes } from "../../core/mod.ts";
import type { Device, SealedRow } from "../../core/mod.ts";
import { StoreError } from "../../core/engine/mod.ts";
import type {
  DueTask,
  EndedTask,
  Image,
  LogHead,
  NextDue,
  Release,
  Store,
  StoredDevice,
  StreamHead,
  Write,
} from "../../core/engine/mod.ts";
import type { GrowingTree, LogTree, TreeHash } from "../../core/evidence/mod.ts";
import { COPIED, openDurable, toStoreError } from "./connection.ts";
import { imageOf, releaseOf } from "./image_row.ts";
import { ModelsWriter } from "./models.ts";
import type { ImagesTable, ReleasesTable } from "./schema.ts";
import { Scrubber } from "./scrubber.ts";
import { sha256 } from "./sha256.ts";
import { prepare } from "./statements.ts";
import type { Statements } from "./statements.ts";
import { copyOf, emptyTree, treeFrom, TreeReader, TreeWriter } from "./tree.ts";

type Row = Record<string, unknown>;

/** As many pages as SQLite can address. */
const PAGES_MAX = 4_294_967_294;

/** Rows of these facts change a device's tokens. */
const TOKEN_FACTS = ["DeviceRegistered", "TokenIssued", "DeviceRevoked"];

/** The store of one database file. */
export class SqliteWriter implements Store, LogTree {
  readonly #path: string;
  readonly #scrubber = new Scrubber();
  #database: DatabaseSync | undefined;
  #statements!: Statements;
  #models!: ModelsWriter;
  #treeReader!: TreeReader;
  #treeWriter!: TreeWriter;
  /** Over the rows that are durable. */
  #tree = emptyTree();

  /** `path` is the database file; its tables exist. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Opens the connection anew and checks the end of the log, and that it can be written. */
  // deno-lint-ignore require-await -- the port is asynchronous, SQLite is not
  async open(): Promise<LogHead> {
    this.close();
    try {
      return this.#open();
    } catch (error) {
      this.close();
      throw toStoreError(error);
    }
  }

  #open(): LogHead {
    const database = openDurable(this.#path);
    this.#database = database;
    this.#statements = prepare(database);
    this.#models = new ModelsWriter(database);
    this.#treeReader = new TreeReader(database);
    this.#treeWriter = new TreeWriter(database);
    const last = this.#statements.lastRow.get() as unknown as SealedRow | undefined;
    if (last) this.#assertTail(last);
    this.#tree = treeFrom(this.#treeReader, last?.seq ?? 0);
    const isRestored = last !== undefined && this.#statements.mark.get()?.user_version === COPIED;
    // A commit like any other, of what is there already: it needs room and a disk that syncs.
    database.exec(`pragma user_version = ${isRestored ? COPIED : 0}`);
    this.#scrubber.scrub(database);
    const header = last && JSON.parse(last.bytes);
    const task = this.#statements.lastTask.get();
    return {
      log: header?.log ?? null,
      seq: this.#tree.size,
      at: header?.at ?? 0,
      isRestored,
      epoch: (header?.epoch ?? 0) + 1,
      lastTask: task ? { number: Number(task.number), id: String(task.task_id) } : null,
      restores: Number(this.#statements.restores.get(task?.device_id ?? null)?.restores),
    };
  }

  /** How many rows are durable. */
  get size(): number {
    return this.#tree.size;
  }

  /** The root over the first rows. */
  rootAt(size: number): Promise<TreeHash> {
    return this.#reading(() =>
      size === this.#tree.size ? this.#tree.root : this.#treeReader.root(size)
    );
  }

  device(id: string): Promise<StoredDevice | undefined> {
    return this.#reading(({ device }) => {
      const row = device.get(id);
      if (!row) return undefined;
      return { device: JSON.parse(String(row.state)) as Device, head: this.#head(`device/${id}`) };
    });
  }

  head(stream: string): Promise<StreamHead> {
    return this.#reading(() => this.#head(stream));
  }

  personalRows(stream: string, after: number, count: number): Promise<number[]> {
    return this.#reading(({ personalRows }) =>
      personalRows.all(stream, after, count).map((row: Row) => Number(row.version))
    );
  }

  release(product: string | null, version: string): Promise<Release | undefined> {
    return this.#reading(({ release }) => {
      const row = release.get(version, product ?? "");
      return row && releaseOf(row as unknown as ReleasesTable);
    });
  }

  versionsKnownBy(product: string | null, digest: string): Promise<string[]> {
    return this.#reading(({ versionsByMd5, versionsBySha256 }) => {
      const [algorithm, hex] = digest.split(":");
      const versions = algorithm === "md5" ? versionsByMd5 : versionsBySha256;
      const rows = versions.all({ hex: hex!, product: product ?? "" });
      return [...new Set(rows.map((row: Row) => String(row.version)))].slice(0, 2);
    });
  }

  image(sha256: string): Promise<Image | undefined> {
    return this.#reading(({ image }) => {
      const row = image.get(sha256);
      return row && imageOf(row as unknown as ImagesTable);
    });
  }

  taskDevice(task: string): Promise<string | undefined> {
    return this.#reading(({ taskDevice }) => taskDevice.get(task)?.device_id as string | undefined);
  }

  dueTasks(now: number, limitMsMax: number, count: number): Promise<DueTask[]> {
    return this.#reading(({ dueTasks }) =>
      dueTasks.all(now, limitMsMax, count).map((row: Row) => ({ ...row })) as unknown as DueTask[]
    );
  }

  nextDue(now: number, limitMsMax: number): Promise<NextDue> {
    return this.#reading(({ nextDue }) =>
      ({ ...nextDue.get({ now, limitMsMax }) }) as unknown as NextDue
    );
  }

  devicesWithTaskIn(states: readonly string[]): Promise<string[]> {
    return this.#reading(({ devicesIn }) =>
      devicesIn.all(JSON.stringify(states)).map((row: Row) => String(row.device_id))
    );
  }

  devicesToCall(after: string, count: number): Promise<string[]> {
    return this.#reading(({ devicesToCall }) =>
      devicesToCall.all({ after, count }).map((row: Row) => String(row.device_id))
    );
  }

  devicesAtWork(after: string, count: number): Promise<string[]> {
    return this.#reading(({ devicesAtWork }) =>
      devicesAtWork.all({ after, count }).map((row: Row) => String(row.device_id))
    );
  }

  tasksEnded({ endedAt, task }: Omit<EndedTask, "device">, count: number): Promise<EndedTask[]> {
    return this.#reading(({ tasksEnded }) =>
      tasksEnded.all({ endedAt, task, count })
        .map((row: Row) => ({ ...row })) as unknown as EndedTask[]
    );
  }

  /** What cannot be read is a fault of the store, whoever asked. */
  // deno-lint-ignore require-await -- the port is asynchronous, SQLite is not
  async #reading<T>(read: (statements: Statements) => T): Promise<T> {
    if (!this.#database) throw mustOpen();
    try {
      return read(this.#statements);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** One transaction with nothing asynchronous in it. */
  // deno-lint-ignore require-await
  async append(writes: readonly Write[]): Promise<void> {
    const database = this.#database;
    if (!database) throw mustOpen();
    const tree = copyOf(this.#tree);
    const hasErased = writes.some(({ erasedThrough }) => erasedThrough);
    try {
      const write = () => {
        database.exec("begin immediate");
        this.#writeAll(writes, tree);
        database.exec("commit");
      };
      if (hasErased) this.#scrubber.overwriting(database, write);
      else write();
      this.#tree = tree;
    } catch (error) {
      rollBack(database);
      const fault = toStoreError(error);
      if (fault.code === "io") this.close();
      throw fault;
    } finally {
      if (hasErased && this.#database) this.#scrubber.scrub(database);
    }
  }

  /** Whether nothing that was erased stands in the files of the database any more. */
  get isScrubbed(): boolean {
    return this.#scrubber.isClean;
  }

  /** Bounds the file to so many pages (never fewer than it has); `null`: no bound. */
  limitPages(pages: number | null): void {
    this.#database?.exec(`pragma max_page_count = ${pages ?? PAGES_MAX}`);
  }

  /** Closes the connection; `open` makes a new one. */
  close(): void {
    const database = this.#database;
    this.#database = undefined;
    if (!database) return;
    this.#scrubber.scrub(database);
    this.#scrubber.stop();
    database.close();
  }

  #writeAll(writes: readonly Write[], tree: GrowingTree): void {
    for (const { stream, expectedVersion } of firstPerStream(writes)) {
      const { version } = this.#head(stream);
      if (version !== expectedVersion) {
        throw new StoreError("conflict", `${stream} is at ${version}, not at ${expectedVersion}.`);
      }
    }
    const rows = writes.flatMap((write) => write.rows).sort((a, b) => a.seq - b.seq);
    if (hasFact(rows, ["LogRestored"])) this.#database!.exec("pragma user_version = 0");
    for (const { seq, stream, version, bytes, data, salt, hash, personal } of rows) {
      if (seq !== tree.size + 1) {
        throw new StoreError("conflict", `Row ${seq} comes after ${tree.size}.`);
      }
      this.#statements.insert.run(seq, stream, version, bytes, data, salt, hash, personal);
      this.#treeWriter.add(tree, hash);
    }
    for (const { models, rows } of writes) this.#models.write(models, hasFact(rows, TOKEN_FACTS));
    for (const { stream, erasedThrough } of writes) {
      if (erasedThrough) this.#statements.erase.run(stream, erasedThrough);
    }
  }

  #head(stream: string): StreamHead {
    const row = this.#statements.head.get(stream);
    return row
      ? { version: Number(row.version), hash: String(row.hash) }
      : { version: 0, hash: null };
  }

  /** A log whose end is damaged is not continued. */
  #assertTail(last: SealedRow): void {
    const { rows } = this.#statements.count.get(last.seq - 99) as { rows: number };
    if (hashBytes(last.bytes, sha256) !== last.hash || rows !== Math.min(100, last.seq)) {
      throw new StoreError(
        "io",
        `The end of the log is damaged at row ${last.seq}. Look at it with "deno task replay" and restore a backup.`,
      );
    }
  }
}

function mustOpen(): StoreError {
  return new StoreError("io", "The log must be opened again after a fault.");
}

function* firstPerStream(writes: readonly Write[]): Iterable<Write> {
  const seen = new Set<string>();
  for (const write of writes) {
    if (!seen.has(write.stream)) yield write;
    seen.add(write.stream);
  }
}

function hasFact(rows: readonly SealedRow[], facts: readonly string[]): boolean {
  return rows.some(({ bytes }) => facts.some((fact) => bytes.includes(`"type":"${fact}"`)));
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("rollback");
  } catch {
    // SQLite has rolled back by itself (SQLITE_FULL, SQLITE_IOERR).
  }
}
