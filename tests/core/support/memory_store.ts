/** A store in memory with a switch to fail: the engine's loop is tested against it without a disk. */
import { deadlineOf, isActive, isTerminal, withoutPersonal } from "../../../core/mod.ts";
import type { SealedRow, Task } from "../../../core/mod.ts";
import { StoreError } from "../../../core/engine/mod.ts";
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
} from "../../../core/engine/mod.ts";

export class MemoryStore implements Store {
  rows: SealedRow[] = [];
  readonly devices = new Map<string, StoredDevice["device"]>();
  readonly tasks = new Map<string, Task>();
  readonly images = new Map<string, Image>();
  readonly releases: Release[] = [];
  /** How many appends were asked for. */
  appends = 0;
  opens = 0;
  /** Fails the next append: before anything is written, or after everything is. */
  failNext: "before" | "after" | undefined;
  /** Fails the next look at a device. */
  failRead = false;
  /** A fault closes the store until it is opened again, as SQLite's does. */
  closesOnFault = false;
  #isClosed = false;
  /** It was put back from a backup, and no row says so. */
  isRestored = false;
  /** Called before each append. */
  onAppend: () => void = () => {};

  /** Backs up what is there; what is given restores it. */
  backup(): () => void {
    const [rows, releases] = [[...this.rows], [...this.releases]];
    const maps = [backupOf(this.devices), backupOf(this.tasks), backupOf(this.images)];
    return () => {
      this.rows = rows;
      this.releases.splice(0, Infinity, ...releases);
      for (const restore of maps) restore();
      this.isRestored = true;
    };
  }

  open(): Promise<LogHead> {
    this.opens++;
    this.#isClosed = false;
    const last = this.rows.at(-1);
    const header = last && JSON.parse(last.bytes);
    const tasks = [...this.tasks.values()].sort((a, b) => b.policy.number - a.policy.number);
    const task = tasks[0];
    return Promise.resolve({
      log: header?.log ?? null,
      seq: this.rows.length,
      at: header?.at ?? 0,
      isRestored: this.isRestored,
      epoch: (header?.epoch ?? 0) + 1,
      lastTask: task ? { number: task.policy.number, id: task.id } : null,
      restores: this.#restores(),
    });
  }

  /** Behind the row of the last task. */
  #restores(): number {
    const types = this.rows.map(({ bytes }) => JSON.parse(bytes).type);
    const since = types.slice(types.lastIndexOf("TaskQueued") + 1);
    return since.filter((type) => type === "LogRestored").length;
  }

  async device(id: string): Promise<StoredDevice | undefined> {
    if (this.failRead) {
      this.failRead = false;
      throw new StoreError("io", "The disk is gone.");
    }
    const device = this.devices.get(id);
    return device && { device, head: await this.head(`device/${id}`) };
  }

  head(stream: string): Promise<StreamHead> {
    const row = this.rows.findLast((row) => row.stream === stream);
    return Promise.resolve(row ?? { version: 0, hash: null });
  }

  personalRows(stream: string, after: number, count: number): Promise<number[]> {
    const rows = this.rows.filter((row) => row.stream === stream && row.version > after);
    const personal = rows.filter(({ personal }) => personal !== null);
    return Promise.resolve(personal.map(({ version }) => version).slice(0, count));
  }

  release(product: string | null, version: string): Promise<Release | undefined> {
    return Promise.resolve(
      this.releases.find((r) => r.product === product && r.version === version),
    );
  }

  versionsKnownBy(product: string | null, digest: string): Promise<string[]> {
    const versions = this.releases.filter((release) => {
      const image = this.images.get(release.sha256);
      return [product, null].includes(release.product) && image !== undefined &&
        [`md5:${image.md5}`, `sha256:${image.sha256}`, `sha256:${image.header?.digest}`]
          .includes(digest);
    });
    return Promise.resolve([...new Set(versions.map(({ version }) => version))].slice(0, 2));
  }

  image(sha256: string): Promise<Image | undefined> {
    return Promise.resolve(this.images.get(sha256));
  }

  taskDevice(task: string): Promise<string | undefined> {
    return Promise.resolve(this.tasks.get(task)?.device);
  }

  /** Called before each look at the deadlines. */
  onDue: () => void | Promise<void> = () => {};

  async dueTasks(now: number, limitMsMax: number, count: number): Promise<DueTask[]> {
    await Promise.resolve(this.onDue());
    if (this.#isClosed) throw new StoreError("io", "The log must be opened again after a fault.");
    const due = this.#deadlines().filter((d) => d.due <= now && d.limitMs <= limitMsMax);
    return due.slice(0, count);
  }

  nextDue(now: number, limitMsMax: number): Promise<NextDue> {
    const all = this.#deadlines();
    const limits = all.filter((d) => d.due <= now && d.limitMs > limitMsMax).map((d) => d.limitMs);
    return Promise.resolve({
      due: all.find((d) => d.due > now)?.due ?? null,
      limitMs: limits.length > 0 ? Math.min(...limits) : null,
    });
  }

  devicesWithTaskIn(states: readonly string[]): Promise<string[]> {
    const tasks = [...this.tasks.values()].filter((task) => states.includes(task.state));
    return Promise.resolve([...new Set(tasks.map((task) => task.device))]);
  }

  /** Called before each look at who is to be called. */
  onCall: () => void = () => {};

  async devicesToCall(after: string, count: number): Promise<string[]> {
    await Promise.resolve(this.onCall());
    const owed = [...this.devices.values()].filter((device) => device.owed.length > 0);
    const waiting = [...this.tasks.values()].filter(({ state }) =>
      state === "queued" || state === "held"
    );
    const all = new Set([...owed.map(({ id }) => id), ...waiting.map(({ device }) => device)]);
    return [...all].sort().filter((id) => id > after).slice(0, count);
  }

  devicesAtWork(after: string, count: number): Promise<string[]> {
    const devices = new Set([...this.tasks.values()].filter(isActive).map(({ device }) => device));
    return Promise.resolve([...devices].sort().filter((id) => id > after).slice(0, count));
  }

  tasksEnded(after: { endedAt: number; task: string }, count: number): Promise<EndedTask[]> {
    const order = ({ endedAt, task }: Omit<EndedTask, "device">) =>
      `${String(endedAt).padStart(15, "0")} ${task}`;
    const ended = [...this.tasks.values()].filter(isTerminal)
      .map(({ updatedAt, id, device }) => ({ endedAt: updatedAt, task: id, device }))
      .filter((task) => order(task) > order(after))
      .sort((a, b) => order(a) < order(b) ? -1 : 1);
    return Promise.resolve(ended.slice(0, count));
  }

  append(writes: readonly Write[]): Promise<void> {
    this.appends++;
    this.onAppend();
    const fail = this.failNext;
    this.failNext = undefined;
    this.#isClosed ||= fail !== undefined && this.closesOnFault;
    if (fail === "before") return Promise.reject(new StoreError("io", "The disk is gone."));
    const rows = writes.flatMap((write) => [...write.rows]).sort((a, b) => a.seq - b.seq);
    this.rows.push(...rows);
    if (rows.some(({ bytes }) => bytes.includes('"type":"LogRestored"'))) this.isRestored = false;
    for (const { stream, models, erasedThrough = 0 } of writes) {
      this.rows = this.rows.map((row) =>
        row.stream === stream && row.version <= erasedThrough ? withoutPersonal(row) : row
      );
      if (models.device) this.devices.set(models.device.id, models.device);
      for (const task of models.tasks ?? []) this.tasks.set(task.id, task);
      if (models.image) this.images.set(models.image.sha256, models.image);
      if (models.release) this.releases.push(models.release);
    }
    return fail === "after"
      ? Promise.reject(new StoreError("io", "The disk is gone."))
      : Promise.resolve();
  }

  #deadlines(): DueTask[] {
    return [...this.tasks.values()].filter((task) => !isTerminal(task)).map((task) => {
      const { due, limitMs } = deadlineOf(task)!;
      return { device: task.device, task: task.id, state: task.state, due, limitMs };
    }).sort((a, b) => a.due - b.due);
  }
}

function backupOf<T>(map: Map<string, T>): () => void {
  const entries = [...map];
  return () => {
    map.clear();
    for (const [key, value] of entries) map.set(key, value);
  };
}
