/**
 * What is durable, whoever wrote it: rows and read models. Whoever reads a device's state gets a copy by
 * way of JSON, as from a database.
 * What a process was writing when it died is cut off when the disk is opened again.
 */
import type { Device } from "../../device/state.ts";
import { StoreError } from "../../engine/mod.ts";
import type { DueTask, Image, LogHead, Release, StreamHead, Write } from "../../engine/mod.ts";
import { withoutPersonal } from "../../log/mod.ts";
import type { RowHeader, SealedRow } from "../../log/mod.ts";
import { deadlineOf } from "../../upgrade/deadline.ts";
import type { Login } from "../network/link.ts";
import { isTerminal } from "../../upgrade/task.ts";
import type { Task } from "../../upgrade/task.ts";

const emptyStream: StreamHead = { version: 0, hash: null };

/** The log and its read models. */
export class Disk {
  /** The last rows are perhaps torn: written, but of no transaction that was ended. */
  readonly #rows: SealedRow[] = [];
  #committed = 0;
  readonly #heads = new Map<string, StreamHead>();
  readonly #devices = new Map<string, Device>();
  readonly #tasks = new Map<string, Task>();
  /** The deadlines of the tasks that have not ended. */
  readonly #due = new Map<string, DueTask>();
  readonly #images = new Map<string, Image>();
  readonly #releases = new Map<string, Release>();
  #lastTask: LogHead["lastTask"] = null;

  /** Every row that is durable. */
  get rows(): readonly SealedRow[] {
    return this.#rows.slice(0, this.#committed);
  }

  /** Cuts off what was torn, and says where the log stands. */
  open(): LogHead {
    this.#rows.length = this.#committed;
    const last = this.#rows.at(-1);
    const header = last && JSON.parse(last.bytes) as RowHeader;
    return {
      log: header?.log ?? null,
      seq: this.#committed,
      at: header?.at ?? 0,
      epoch: (header?.epoch ?? 0) + 1,
      lastTask: this.#lastTask,
    };
  }

  /** Writes the first `count` rows and dies: no transaction ends, no read model changes. */
  tear(writes: readonly Write[], count: number): void {
    this.#rows.length = this.#committed;
    this.#rows.push(...rowsOf(writes).slice(0, count));
  }

  /** Writes everything in one transaction. @throws {StoreError} when somebody else wrote meanwhile. */
  commit(writes: readonly Write[]): void {
    this.#rows.length = this.#committed;
    const rows = rowsOf(writes);
    const versions = new Map<string, number>();
    rows.forEach((row, index) => {
      const seq = this.#committed + 1 + index;
      const version = (versions.get(row.stream) ?? this.head(row.stream).version) + 1;
      if (row.seq !== seq) throw new StoreError("conflict", `Row ${row.seq} is not row ${seq}.`);
      if (row.version !== version) {
        throw new StoreError("conflict", `${row.stream} is at ${version - 1}.`);
      }
      versions.set(row.stream, version);
    });
    this.#rows.push(...rows);
    this.#committed = this.#rows.length;
    for (const row of rows) {
      this.#heads.set(row.stream, { version: row.version, hash: row.hash });
    }
    for (const { models } of writes) this.#keep(models);
    for (const { stream, erasedThrough = 0 } of writes) this.#erase(stream, erasedThrough);
  }

  #erase(stream: string, through: number): void {
    if (through === 0) return;
    for (const [n, row] of this.#rows.entries()) {
      if (row.stream === stream && row.version <= through) this.#rows[n] = withoutPersonal(row);
    }
  }

  /** Versions of the rows of a stream behind that one that have a personal text: the first `count`. */
  personalRows(stream: string, after: number, count: number): number[] {
    return this.#rows.slice(0, this.#committed).filter((row) => row.stream === stream)
      .filter(({ version, personal }) => version > after && personal !== null)
      .map(({ version }) => version).slice(0, count);
  }

  head(stream: string): StreamHead {
    return this.#heads.get(stream) ?? emptyStream;
  }

  /** The state of a device, read from the text that a database would hold. */
  device(id: string): Device | undefined {
    const device = this.#devices.get(id);
    return device && JSON.parse(JSON.stringify(device));
  }

  /** The state of a device as it was stored: to be looked at, not to be worked with. */
  stored(id: string): Device | undefined {
    return this.#devices.get(id);
  }

  /** Whether the token is one of the device's that is valid at `now`; a revoked device has none. */
  mayLogIn({ device, token }: Login, now: number): boolean {
    const { tokens = [] } = this.#devices.get(device) ?? {};
    return tokens.some(({ sha256, validUntil }) =>
      sha256 === token && (validUntil === null || validUntil > now)
    );
  }

  task(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  get tasks(): Iterable<Task> {
    return this.#tasks.values();
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  get deviceIds(): Iterable<string> {
    return this.#devices.keys();
  }

  /** The deadlines of all tasks that have not ended, the earliest first. */
  deadlines(): DueTask[] {
    return [...this.#due.values()].sort((a, b) => a.due - b.due || (a.task < b.task ? -1 : 1));
  }

  image(sha256: string): Image | undefined {
    return this.#images.get(sha256);
  }

  release(product: string | null, version: string): Release | undefined {
    return this.#releases.get(`${product ?? ""} ${version}`);
  }

  versionsKnownBy(product: string | null, digest: string): string[] {
    const known = [...this.#releases.values()].filter((release) =>
      (release.product ?? product) === product &&
      isKnownBy(this.#images.get(release.sha256), digest)
    );
    return [...new Set(known.map(({ version }) => version))].slice(0, 2);
  }

  #keep({ device, tasks = [], image, release }: Write["models"]): void {
    if (device) this.#devices.set(device.id, device);
    for (const task of tasks) this.#keepTask(task);
    if (image) this.#images.set(image.sha256, image);
    if (release) this.#releases.set(`${release.product ?? ""} ${release.version}`, release);
  }

  #keepTask(task: Task): void {
    this.#tasks.set(task.id, task);
    const { id, device, state, policy: { number } } = task;
    const deadline = isTerminal(task) ? null : deadlineOf(task);
    if (deadline) this.#due.set(id, { device, task: id, state, ...deadline });
    else this.#due.delete(id);
    if (number > (this.#lastTask?.number ?? 0)) this.#lastTask = { number, id };
  }
}

function isKnownBy(image: Image | undefined, digest: string): boolean {
  const names = [`md5:${image?.md5}`, `sha256:${image?.sha256}`, `sha256:${image?.header?.digest}`];
  return names.includes(digest);
}

function rowsOf(writes: readonly Write[]): SealedRow[] {
  return writes.flatMap((write) => write.rows).sort((a, b) => a.seq - b.seq);
}
