/**
 * One batch in the making: the states it has loaded and changed, the rows it will append and the
 * messages it will send. Nothing of it is true before the store has committed.
 */
import type { Asked } from "../device/asked.ts";
import { messageFor } from "../device/messages.ts";
import { activeTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import { bearing, deviceStream, ENGINE_STREAM, imageStream } from "../log/mod.ts";
import type { DeviceFact, Fact, FactOf, FactType, SealedRow, Sha256 } from "../log/mod.ts";
import type { Message } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";
import type { DeviceEffectData } from "../upgrade/events.ts";
import { BatchImages } from "./batch_images.ts";
import type { TaskName } from "./names.ts";
import type { Digest, OutboundMessage, Store, StoredDevice, StreamHead, Write } from "./ports.ts";
import type { Position } from "./position.ts";
import { Sealing } from "./sealing.ts";
import { stepDeviceStream, stepEngineStream, stepImageStream } from "./streams.ts";
import type { StreamStep } from "./streams.ts";
import type { Transfers } from "./transfers.ts";

/** What a batch works with. */
export interface WorkspaceDeps {
  readonly store: Store;
  readonly digest: Digest;
  /** Device states that are known to be current. */
  readonly cached: (id: string) => StoredDevice | undefined;
  /** The absolute base of every URL that a device is given. */
  readonly baseUrl: string;
  /** What is given out to devices. */
  readonly transfers: Transfers;
  /** Engine time of the batch. */
  readonly at: number;
}

/** A recorded fact: its row's place in the log and what it led to. */
export interface Recorded {
  readonly seq: number;
  readonly effects: readonly DeviceEffectData[];
}

/** Something of an image for a device that asked for it. */
export interface Given extends Asked {
  readonly device: string;
}

/** What a device said that it has stored, in bytes, and how. */
export interface Progress {
  readonly device: string;
  readonly received: number;
  readonly via: "mqtt" | "http" | "fetch";
}

/** A message that leaves after the commit. */
export type Outgoing = OutboundMessage;

interface OpenStream {
  head: StreamHead;
  /** The write that is being filled. */
  write?: { expectedVersion: number; rows: SealedRow[]; erasedThrough?: number };
}

interface OpenDevice extends OpenStream {
  device: Device | undefined;
  tasks: Map<string, Task>;
}

/** One batch in the making. */
export class Workspace {
  readonly at: number;
  readonly baseUrl: string;
  readonly outgoing: Outgoing[] = [];
  /** What devices are given of images after the commit. */
  readonly given: Given[] = [];
  /** What devices said that they have stored. */
  readonly progress: Progress[] = [];
  /** Devices whose connections are cut after the commit. */
  readonly cut: string[] = [];
  /** How far the clock stepped by the rows of this batch. */
  clockStepMs = 0;
  /** Images and the versions that name them. */
  readonly images: BatchImages;
  readonly #deps: WorkspaceDeps;
  readonly #devices = new Map<string, OpenDevice>();
  readonly #sealing: Sealing;
  /** What is written to streams of images and of the engine. */
  readonly #plain: Write[] = [];
  readonly #heads = new Map<string, StreamHead>();

  constructor(deps: WorkspaceDeps, position: Position) {
    this.#deps = deps;
    this.#sealing = new Sealing(deps.digest, position);
    this.images = new BatchImages(deps.store, this.#plain);
    this.at = deps.at;
    this.baseUrl = deps.baseUrl;
  }

  /** The type of each row, in the order of the rows. */
  get recorded(): readonly FactType[] {
    return this.#sealing.recorded;
  }

  /** How many rows there are so far. */
  get rowCount(): number {
    return this.recorded.length;
  }

  /** Where the log stands after the batch. */
  get position(): Position {
    return this.#sealing.position;
  }

  /** What is given out to devices. */
  get transfers(): Transfers {
    return this.#deps.transfers;
  }

  /** The digest that rows are sealed with. */
  get sha256(): Sha256 {
    return this.#deps.digest.sha256;
  }

  /** The device as it is within this batch. */
  async device(id: string): Promise<Device | undefined> {
    return (await this.#open(id)).device;
  }

  /** The device as it is within this batch, if it was loaded. */
  peek(id: string): Device | undefined {
    return this.#devices.get(id)?.device;
  }

  /** Versions of the rows of a device that have a personal text within this batch: at most `count`. */
  async personalRows(id: string, count: number): Promise<number[]> {
    const { write } = await this.#open(id);
    const after = write?.erasedThrough ?? 0;
    const stored = await this.#deps.store.personalRows(deviceStream(id), after, count);
    const own = write?.rows.filter(({ version, personal }) => version > after && personal !== null);
    return [...stored, ...own?.map(({ version }) => version) ?? []].slice(0, count);
  }

  /** The device that a task belongs to. */
  async taskDevice(task: string): Promise<string | undefined> {
    return this.changed(task) ?? await this.#deps.store.taskDevice(task);
  }

  /** The device whose task was changed in this batch. */
  changed(task: string): string | undefined {
    for (const [id, { tasks }] of this.#devices) if (tasks.has(task)) return id;
    return undefined;
  }

  /** A fresh name for a task; `undefined` when there are no more. */
  nextTaskName(): TaskName | undefined {
    return this.#sealing.nextTaskName(this.at);
  }

  /** Steps a device that `device()` has loaded; `undefined`: nothing changed, nothing recorded. */
  recordDevice(id: string, plain: DeviceFact, cause: number | null = null): Recorded | undefined {
    const open = this.#devices.get(id);
    if (!open) throw new Error(`Device ${id} was not loaded before it was stepped`);
    const [fact, step] = this.#step(open.device, plain);
    if (!step) return undefined;
    open.device = step.step.device;
    for (const task of step.step.tasks) open.tasks.set(task.id, task);
    open.write ??= { expectedVersion: open.head.version, rows: [] };
    const row = this.#sealing.seal(deviceStream(id), open.head, fact, step.outcome, cause);
    open.head = { version: row.version, hash: row.hash };
    open.write.rows.push(row);
    this.#sendAll(id, open.device, step.step.effects);
    return { seq: row.seq, effects: step.step.effects };
  }

  /** Takes the personal texts out of rows of a device; the fact that says so was recorded before. */
  erase(id: string, through: number): void {
    const write = this.#devices.get(id)?.write;
    if (!write) throw new Error(`Nothing says that rows of ${id} are erased`);
    write.erasedThrough = through;
  }

  /** Records a fact about an image. */
  async recordImage(
    sha256: string,
    fact: FactOf<"ImageUploaded"> | FactOf<"ReleaseNamed">,
    cause: number | null = null,
  ): Promise<Recorded> {
    return await this.#recordPlain(imageStream(sha256), fact, stepImageStream(fact), cause);
  }

  /** Records a fact about the engine itself. */
  async recordEngine(
    fact: Extract<
      Fact,
      { type: "LogCreated" | "LogRestored" | "EngineStarted" | "EngineStopped" | "ClockStepped" }
    >,
  ): Promise<Recorded> {
    if (fact.type === "ClockStepped") this.clockStepMs += fact.data.by_ms;
    return await this.#recordPlain(ENGINE_STREAM, fact, stepEngineStream(), null);
  }

  /** Sends a message to the device after the commit. */
  send(device: string, message: Message, owed?: OutboundMessage["owed"]): void {
    this.outgoing.push({ device, message, ...(owed ? { owed } : {}) });
  }

  /** Gives the device something of its task's image after the commit. */
  give(device: string, asked: Asked): void {
    this.given.push({ ...asked, device });
  }

  /** How much the device is given so far. */
  givenTo(id: string): number {
    return this.given.reduce(
      (sum, { device, wanted }) => device === id ? sum + wanted.length : sum,
      0,
    );
  }

  /** Everything to append. */
  writes(): Write[] {
    const devices = [...this.#devices].flatMap(([id, { write, device, tasks }]): Write[] => {
      if (!write || !device) return [];
      const models = { device, tasks: [...tasks.values()] };
      return [{ stream: deviceStream(id), ...write, models }];
    });
    return [...this.#plain, ...devices];
  }

  /** The tasks that changed in it, as they are after it. */
  *changedTasks(): Iterable<Task> {
    for (const { tasks } of this.#devices.values()) yield* tasks.values();
  }

  /** The device states after the batch. */
  *changedDevices(): Iterable<[string, StoredDevice]> {
    for (const [id, { device, head }] of this.#devices) if (device) yield [id, { device, head }];
  }

  /**
   * Where the phase of a task changes, the fact bears what was given out for it so far. Of a device that
   * cannot report, this may be what changes it.
   */
  #step(
    device: Device | undefined,
    fact: DeviceFact,
  ): [DeviceFact, ReturnType<typeof stepDeviceStream>] {
    const plain = stepDeviceStream(device, fact);
    const task = device && activeTask(device.tasks);
    if (!task || !moves(plain, task) && task.policy.completion !== "seen") return [fact, plain];
    const transfer = this.transfers.soFar(task);
    const bears = transfer ? bearing(fact, transfer) : fact;
    if (bears === fact) return [fact, plain];
    const step = stepDeviceStream(device, bears);
    return moves(step, task) ? [bears, step] : [fact, plain];
  }

  async #open(id: string): Promise<OpenDevice> {
    const known = this.#devices.get(id);
    if (known) return known;
    const stored = this.#deps.cached(id) ?? await this.#deps.store.device(id);
    const open: OpenDevice = {
      device: stored?.device,
      head: stored?.head ?? { version: 0, hash: null },
      tasks: new Map(),
    };
    this.#devices.set(id, open);
    return open;
  }

  async #recordPlain(
    stream: string,
    fact: Fact,
    step: StreamStep,
    cause: number | null,
  ): Promise<Recorded> {
    const head = this.#heads.get(stream) ?? await this.#deps.store.head(stream);
    const row = this.#sealing.seal(stream, head, fact, step.outcome, cause);
    this.#heads.set(stream, { version: row.version, hash: row.hash });
    const { models } = step;
    this.#plain.push({ stream, expectedVersion: head.version, rows: [row], models });
    return { seq: row.seq, effects: [] };
  }

  #sendAll(id: string, device: Device, effects: readonly DeviceEffectData[]): void {
    for (const effect of effects) {
      if (effect.type === "disconnect") this.cut.push(id);
      const made = messageFor(device, effect, this.baseUrl);
      if (made) this.send(id, made.message, made.owed);
    }
  }
}

function moves(step: ReturnType<typeof stepDeviceStream>, { id }: Task): boolean {
  return step?.step.moves.some((move) => move.task === id) ?? false;
}
