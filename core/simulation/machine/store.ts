/** The store of one process on the disk: every look at it may take time, fail, or be the last. */
import { StoreError } from "../../engine/mod.ts";
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
} from "../../engine/mod.ts";
import { deviceStream } from "../../log/mod.ts";
import { isActive, isTerminal, isWaiting } from "../../upgrade/task.ts";
import type { Disk } from "./disk.ts";
import type { Fate } from "../chance/fate.ts";
import type { Process } from "./process.ts";
import type { Random } from "../chance/random.ts";
import { seeRow } from "../watch.ts";
import type { Witness } from "../watch.ts";

/** What may be wrong with a disk, for all who use it. */
export interface DiskTrouble {
  /** It is full until then (milliseconds of the timeline). */
  fullUntil: number;
  /** It does nothing until then. */
  brokenUntil: number;
}

/** What a store needs. */
export interface StorePorts {
  readonly disk: Disk;
  readonly trouble: DiskTrouble;
  readonly life: Process;
  readonly fate: Fate;
  readonly watch: Witness;
  readonly now: () => number;
  /** A commit begins, or a look at what is there: the process may not be the same at its end. */
  onLook(what: "commit" | "read"): void;
}

/** Longest trouble of a disk. */
const TROUBLE_MS = 120_000;

/** A store that works as the one in production does, on a disk that does not. */
export class SimulatedStore implements Store {
  readonly #ports: StorePorts;
  #isOpen = false;

  /** Must be opened first. */
  constructor(ports: StorePorts) {
    this.#ports = ports;
  }

  async open(): Promise<LogHead> {
    const { life, disk, watch } = this.#ports;
    const head = await life.later(1, () => {
      this.#assertWorks();
      this.#assertRoom();
      return disk.open();
    });
    this.#isOpen = true;
    watch.opened?.(life);
    return head;
  }

  device(id: string): Promise<StoredDevice | undefined> {
    return this.#read((disk) => {
      const device = disk.device(id);
      return device && { device, head: disk.head(deviceStream(id)) };
    });
  }

  head(stream: string): Promise<StreamHead> {
    return this.#read((disk) => disk.head(stream));
  }

  personalRows(stream: string, after: number, count: number): Promise<number[]> {
    return this.#read((disk) => disk.personalRows(stream, after, count));
  }

  release(product: string | null, version: string): Promise<Release | undefined> {
    return this.#read((disk) => disk.release(product, version));
  }

  versionsKnownBy(product: string | null, digest: string): Promise<string[]> {
    return this.#read((disk) => disk.versionsKnownBy(product, digest));
  }

  image(sha256: string): Promise<Image | undefined> {
    return this.#read((disk) => disk.image(sha256));
  }

  taskDevice(task: string): Promise<string | undefined> {
    return this.#read((disk) => disk.task(task)?.device);
  }

  dueTasks(now: number, limitMsMax: number, count: number): Promise<DueTask[]> {
    return this.#read((disk) =>
      disk.deadlines().filter(({ due, limitMs }) => due <= now && limitMs <= limitMsMax)
        .slice(0, count)
    );
  }

  nextDue(now: number, limitMsMax: number): Promise<NextDue> {
    return this.#read((disk) => {
      const all = disk.deadlines();
      const ripening = all.filter(({ due, limitMs }) => due <= now && limitMs > limitMsMax);
      return {
        due: all.find(({ due }) => due > now)?.due ?? null,
        limitMs: ripening.length > 0 ? Math.min(...ripening.map(({ limitMs }) => limitMs)) : null,
      };
    });
  }

  devicesWithTaskIn(states: readonly string[]): Promise<string[]> {
    return this.#read((disk) => [
      ...new Set(
        [...disk.tasks].filter((task) => states.includes(task.state)).map((t) => t.device),
      ),
    ]);
  }

  devicesToCall(after: string, count: number): Promise<string[]> {
    return this.#read((disk) => {
      const owed = [...disk.deviceIds].filter((id) => disk.stored(id)!.owed.length > 0);
      const waiting = [...disk.tasks].filter(isWaiting).map(({ device }) => device);
      return pageOf([...owed, ...waiting], after, count);
    });
  }

  devicesAtWork(after: string, count: number): Promise<string[]> {
    return this.#read((disk) =>
      pageOf([...disk.tasks].filter(isActive).map(({ device }) => device), after, count)
    );
  }

  tasksEnded(after: Omit<EndedTask, "device">, count: number): Promise<EndedTask[]> {
    return this.#read((disk) =>
      [...disk.tasks].filter(isTerminal)
        .map(({ updatedAt: endedAt, id: task, device }) => ({ endedAt, task, device }))
        .sort(compareEnds).filter((ended) => compareEnds(ended, after) > 0).slice(0, count)
    );
  }

  async append(writes: readonly Write[]): Promise<void> {
    const { life, disk, fate, watch } = this.#ports;
    this.#assertOpen();
    this.#ports.onLook("commit");
    const error = fate.happens("writeError", "disk");
    const full = fate.happens("diskFull", "disk");
    if (full) this.#ports.trouble.fullUntil = this.#ports.now() + full.spread(100, TROUBLE_MS);
    await life.later(life.random.below(4), () => {
      // Whoever dies here has perhaps written something, but has ended nothing.
      if (!life.survives()) return this.#tear(writes);
      // A look at the store that failed meanwhile has closed it.
      this.#assertOpen();
      this.#assertRoom();
      if (error?.chance(500_000)) this.#fail(error);
      disk.commit(writes);
      const rows = writes.flatMap((write) => write.rows).sort((a, b) => a.seq - b.seq);
      watch.committed?.(rows.map(seeRow), writes, life);
      if (error) this.#fail(error);
    }).catch((fault) => {
      watch.failed?.(life, "append");
      throw fault;
    });
  }

  #tear(writes: readonly Write[]): void {
    const { fate, disk } = this.#ports;
    const torn = fate.happens("tornWrite", "disk");
    if (torn) disk.tear(writes, torn.between(1, 8));
  }

  async #read<T>(read: (disk: Disk) => T): Promise<T> {
    const { life, fate, disk } = this.#ports;
    this.#assertOpen();
    this.#ports.onLook("read");
    const error = fate.happens("readError", "disk");
    return await life.later(0, () => {
      if (error) this.#fail(error);
      return read(disk);
    }).catch((fault) => {
      this.#ports.watch.failed?.(life, "read");
      throw fault;
    });
  }

  /** A fault that nobody foresees closes the store, as in production. */
  #fail(how: Random): never {
    this.#isOpen = false;
    const { trouble, now } = this.#ports;
    if (how.chance(300_000)) trouble.brokenUntil = now() + how.spread(100, TROUBLE_MS);
    throw new StoreError("io", "The disk failed.");
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new StoreError("io", "The log must be opened again after a fault.");
  }

  #assertWorks(): void {
    if (this.#ports.now() < this.#ports.trouble.brokenUntil) {
      throw new StoreError("io", "The disk does nothing.");
    }
  }

  #assertRoom(): void {
    if (this.#ports.now() < this.#ports.trouble.fullUntil) {
      throw new StoreError("full", "The disk is full.");
    }
  }
}

function pageOf(devices: readonly string[], after: string, count: number): string[] {
  return [...new Set(devices)].filter((id) => id > after).sort().slice(0, count);
}

function compareEnds(a: Omit<EndedTask, "device">, b: Omit<EndedTask, "device">): number {
  return a.endedAt - b.endedAt || (a.task < b.task ? -1 : a.task > b.task ? 1 : 0);
}
