/**
 * The bytes that devices asked for over MQTT, on their way: in the order in which they were asked for, no
 * more at once than a device has room for, and each of the task that is the device's active one when it
 * leaves. In memory only: what is lost the device asks for again.
 */
import type { Asked, Wanted } from "../device/asked.ts";
import type { Refusal } from "../device/interpret.ts";
import { rejectedMessage } from "../device/messages.ts";
import { activeTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import { PARTS_WAITING_MAX } from "../protocol/limits.ts";
import { toChecksum, toHex } from "../protocol/mod.ts";
import type { Part } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";
import { refusalOf, UNREADABLE } from "./chunk_refusals.ts";
import { ChunkWindow } from "./chunk_window.ts";
import type { NetworkWatch } from "./network_watch.ts";
import type { ChunkEnd, Images, Outbox } from "./ports.ts";
import { SentChunk } from "./sent_chunk.ts";
import type { Transfers } from "./transfers.ts";

/** What a flow works with. */
export interface ChunkFlowDeps {
  readonly images: Images;
  /** One that chunks go by. */
  readonly outbox: Pick<Outbox, "send" | "sendChunk">;
  readonly transfers: Pick<Transfers, "begin">;
  readonly watch: Pick<NetworkWatch, "arrived">;
  /** Engine time. */
  now(): number;
  /** The device as it is committed; nothing, where nobody knows that now. */
  device(id: string): Promise<Device | undefined>;
  /** Told of bytes that leave. */
  onGiven(bytes: number): void;
  /** Told of what could not be read. */
  onFault(error: unknown): void;
}

/** What one device waits for. */
interface Flow {
  readonly device: string;
  /** The task that all of it was asked for. */
  task: string;
  waiting: Wanted[];
  /** What is being read now, and the task that it is of. */
  giving: { readonly task: string; readonly wanted: Wanted } | undefined;
  /** When something arrived last. */
  doneAt: number;
  /** Whether the device was told why it gets nothing, since it asked last. */
  isTold: boolean;
}

/** Bytes that are read, and the task that they are of. */
interface Ready {
  readonly task: Task;
  readonly bytes: Uint8Array;
}

/** The flows of all devices. */
export class ChunkFlow {
  readonly #deps: ChunkFlowDeps;
  readonly #flows = new Map<string, Flow>();
  readonly #window = new ChunkWindow((device) => this.#goOn(device));
  #isClosed = false;

  constructor(deps: ChunkFlowDeps) {
    this.#deps = deps;
  }

  /** How many devices wait for something, or have something on its way. */
  get size(): number {
    return this.#flows.size;
  }

  /** Whether so much more may wait for the device. */
  hasRoom(device: string, count: number): boolean {
    return (this.#flows.get(device)?.waiting.length ?? 0) + count <= PARTS_WAITING_MAX;
  }

  /** Gives the device what it asked for; what is on its way already is not sent twice. */
  want(device: string, { task: { id: task }, wanted }: Asked): void {
    if (this.#isClosed) return;
    const flow = this.#flow(device, task);
    if (flow.task !== task) Object.assign(flow, { task, waiting: [] });
    flow.isTold = false;
    for (const one of wanted) if (!this.#isComing(flow, one)) flow.waiting.push(one);
    void this.#pump(flow);
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#isClosed = true;
    this.#flows.clear();
    this.#window.close();
  }

  #flow(device: string, task: string): Flow {
    const known = this.#flows.get(device);
    if (known) return known;
    const flow = { device, task, waiting: [], giving: undefined, doneAt: 0, isTold: false };
    this.#flows.set(device, flow);
    return flow;
  }

  #isComing({ device, task, waiting, giving }: Flow, one: Wanted): boolean {
    return waiting.some((other) => isSame(one, other)) ||
      giving?.task === task && isSame(one, giving.wanted) ||
      one.kind === "part" && this.#window.has(device, task, one);
  }

  #goOn(device: string): void {
    const flow = this.#flows.get(device);
    if (flow) void this.#pump(flow);
  }

  /** Sends what waits, as long as there is room for it. */
  async #pump(flow: Flow): Promise<void> {
    if (flow.giving) return;
    for (let wanted = this.#next(flow); wanted; wanted = this.#next(flow)) {
      flow.giving = { task: flow.task, wanted };
      await this.#give(flow, wanted).catch((error) => this.#fail(flow, error));
      flow.giving = undefined;
    }
    this.#dropIfIdle(flow);
  }

  #next({ device, waiting }: Flow): Wanted | undefined {
    const next = waiting[0];
    const hasRoom = next && (next.kind !== "part" || this.#window.reserve(device, next));
    return hasRoom ? waiting.shift() : undefined;
  }

  async #give(flow: Flow, wanted: Wanted): Promise<void> {
    if (wanted.kind === "digests") return await this.#giveDigests(flow, wanted);
    let ready: Ready | undefined;
    try {
      ready = await this.#ready(flow, wanted);
    } finally {
      if (!ready) this.#window.release(flow.device, wanted);
    }
    if (ready) this.#send(flow, wanted, ready);
  }

  async #ready(flow: Flow, { start, end }: Part): Promise<Ready | undefined> {
    const { task: id } = flow;
    const before = await this.#task(flow, id);
    if (!before) return undefined;
    const { image, size } = before.policy;
    const bytes = await this.#deps.images.read({ sha256: toHex(image), size }, start, end);
    // Its turn may have ended while they were read.
    const task = await this.#task(flow, id);
    return task && { task, bytes };
  }

  /** The task, if it is still the active one; without it nothing that waits is of use. */
  async #task(flow: Flow, id: string): Promise<Task | undefined> {
    if (this.#isClosed || flow.task !== id) return undefined;
    const device = await this.#deps.device(flow.device);
    if (this.#isClosed || flow.task !== id) return undefined;
    const task = device && activeTask(device.tasks);
    if (task?.id === id) return task;
    flow.waiting = [];
    return undefined;
  }

  #send(flow: Flow, part: Part, { task, bytes }: Ready): void {
    const { transfers, outbox, onFault } = this.#deps;
    const { device } = flow;
    const sent = new SentChunk(part, this.#deps.now());
    transfers.begin(task, sent, sent.sentAt);
    this.#window.sent(device, task.id, sent);
    this.#deps.onGiven(bytes.length);
    const done = (how: ChunkEnd) => this.#done(flow, task, sent, how);
    try {
      outbox.sendChunk!({ device, task: task.id, offset: part.start, bytes, done });
    } catch (error) {
      onFault(error);
      done("lost");
    }
  }

  async #giveDigests(
    flow: Flow,
    { from, count, chunkBytes }: Extract<Wanted, { kind: "digests" }>,
  ): Promise<void> {
    const { images, outbox } = this.#deps;
    const { device, task: id } = flow;
    const task = await this.#task(flow, id);
    if (!task) return;
    const digests = await images.chunkDigests(toHex(task.policy.image), chunkBytes, from, count);
    if (!await this.#task(flow, id)) return;
    const chunks = digests.map(toChecksum);
    const payload = { task_id: id, chunk_bytes: chunkBytes, from, chunks };
    outbox.send({ device, message: { kind: "chunks", payload } });
  }

  #done(flow: Flow, task: Task, sent: SentChunk, how: ChunkEnd): void {
    if (sent.state !== "open") return;
    const now = this.#deps.now();
    // Of chunks side by side each counts from the end of the one before.
    sent.end(how, now - Math.max(sent.sentAt, flow.doneAt));
    flow.doneAt = now;
    if (how === "arrived") this.#deps.watch.arrived(flow.device, sent.from + sent.sent, sent.sent);
    // What a device waits for it asks for again, when it is back.
    if (how !== "arrived" && how !== "passed") flow.waiting = [];
    const refusal = refusalOf(how);
    if (refusal) void this.#tell(flow, task.id, refusal);
    this.#window.done(flow.device, sent);
    this.#dropIfIdle(flow);
  }

  /** What was asked for another task meanwhile is not to suffer from it. */
  #fail(flow: Flow, error: unknown): void {
    this.#deps.onFault(error);
    if (flow.giving?.task !== flow.task) return;
    flow.waiting = [];
    void this.#tell(flow, flow.task, UNREADABLE);
  }

  /** Once for each ask: much of it may fail for the same reason. Of a task that is over nobody asks any more. */
  async #tell(flow: Flow, id: string, refusal: Refusal): Promise<void> {
    if (flow.isTold || this.#isClosed) return;
    flow.isTold = true;
    const { outbox, onFault } = this.#deps;
    try {
      const task = await this.#task(flow, id);
      if (task) {
        outbox.send({ device: flow.device, message: rejectedMessage({ ...refusal, task }) });
      }
    } catch (error) {
      onFault(error);
    }
  }

  #dropIfIdle(flow: Flow): void {
    const { device, waiting, giving } = flow;
    const isIdle = waiting.length === 0 && !giving && this.#window.isFree(device);
    if (isIdle && this.#flows.get(device) === flow) this.#flows.delete(device);
  }
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.kind === "part"
    ? other.kind === "part" && one.start === other.start && one.end === other.end
    : other.kind === "digests" && one.from === other.from && one.count === other.count;
}
