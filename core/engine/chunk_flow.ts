/**
 * The bytes that devices asked for over MQTT, on their way: in the order in which they were asked for, no
 * more at once than a device has room for, and each of the task that is the device's active one when it
 * leaves. In memory only: what is lost the device asks for again.
 */
import type { Asked, Wanted } from "../device/asked.ts";
import { rejectedMessage } from "../device/messages.ts";
import { activeTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import { PARTS_WAITING_MAX } from "../protocol/limits.ts";
import { toChecksum, toHex } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";
import { ChunkWindow } from "./chunk_window.ts";
import type { ChunkEnd, Images, Outbox } from "./ports.ts";
import { SentChunk } from "./sent_chunk.ts";
import type { NetworkWatch } from "./network_watch.ts";
import type { Transfers } from "./transfers.ts";

/** What a flow works with. */
export interface ChunkFlowDeps {
  readonly images: Images;
  /** One that chunks go by. */
  readonly outbox: Outbox;
  readonly transfers: Pick<Transfers, "begin">;
  readonly watch: Pick<NetworkWatch, "arrived">;
  /** Engine time. */
  now(): number;
  /** The device as it is committed; nothing, where nobody knows that now. */
  device(id: string): Promise<Device | undefined>;
  /** Told of what could not be read. */
  onFault(error: unknown): void;
}

/** What one device waits for. */
interface Flow {
  readonly device: string;
  /** The task that all of it was asked for. */
  task: string;
  waiting: Wanted[];
  /** What is being read for it, of that task. */
  underWay: Wanted | undefined;
  isPumping: boolean;
  /** Names the present connection, as far as anybody knows. */
  connection: number;
  /** When something arrived last. */
  doneAt: number;
}

/** The flows of all devices. */
export class ChunkFlow {
  readonly #deps: ChunkFlowDeps;
  readonly #flows = new Map<string, Flow>();
  readonly #window = new ChunkWindow((device) => this.#goOn(device));
  #connections = 0;

  constructor(deps: ChunkFlowDeps) {
    this.#deps = deps;
  }

  /** Whether so much more may wait for the device. */
  hasRoom(device: string, count: number): boolean {
    return (this.#flows.get(device)?.waiting.length ?? 0) + count <= PARTS_WAITING_MAX;
  }

  /** Gives the device what it asked for; what is on its way already is not sent twice. */
  want(device: string, { task, wanted }: Asked): void {
    const flow = this.#flow(device, task.id);
    if (flow.task !== task.id) {
      Object.assign(flow, { task: task.id, waiting: [], underWay: undefined });
    }
    for (const one of wanted) if (!this.#isComing(flow, one)) flow.waiting.push(one);
    void this.#pump(flow);
  }

  /** The device connected anew: what is on its way by an older connection may never arrive. */
  connected(device: string): void {
    this.#window.forget(device);
    const flow = this.#flows.get(device);
    if (!flow) return;
    flow.connection = --this.#connections;
    void this.#pump(flow);
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#flows.clear();
    this.#window.close();
  }

  #isComing({ device, task, waiting, underWay }: Flow, one: Wanted): boolean {
    return waiting.some((other) => isSame(one, other)) ||
      underWay !== undefined && isSame(one, underWay) ||
      one.kind === "part" && this.#window.has(device, task, one);
  }

  #flow(device: string, task: string): Flow {
    const known = this.#flows.get(device);
    if (known) return known;
    // Numbers below 0: connections of HTTP count up.
    const connection = --this.#connections;
    const idle = { waiting: [], underWay: undefined, isPumping: false, doneAt: 0 };
    const flow: Flow = { device, task, connection, ...idle };
    this.#flows.set(device, flow);
    return flow;
  }

  #goOn(device: string): void {
    const flow = this.#flows.get(device);
    if (flow) void this.#pump(flow);
  }

  /** Sends what waits, as long as there is room for it. */
  async #pump(flow: Flow): Promise<void> {
    if (flow.isPumping) return;
    flow.isPumping = true;
    try {
      for (let next = flow.waiting[0]; next; next = flow.waiting[0]) {
        if (next.kind === "part" && !this.#window.reserve(flow.device, next)) break;
        flow.underWay = flow.waiting.shift();
        await this.#give(flow, next);
        flow.underWay = undefined;
      }
    } catch (error) {
      Object.assign(flow, { waiting: [], underWay: undefined });
      this.#deps.onFault(error);
    } finally {
      flow.isPumping = false;
      this.#dropIfIdle(flow);
    }
  }

  async #give(flow: Flow, wanted: Wanted): Promise<void> {
    const { task: id } = flow;
    if (wanted.kind === "digests") {
      const task = await this.#task(flow, id);
      return task && await this.#giveDigests(flow, task, wanted);
    }
    let isGiven = false;
    try {
      const task = await this.#task(flow, id);
      isGiven = task !== undefined && await this.#givePart(flow, task, wanted);
    } finally {
      // What could not be read takes no room either.
      if (!isGiven) this.#window.release(flow.device, wanted);
    }
  }

  /** The task, if it is still the active one; without it nothing that waits is of use. */
  async #task(flow: Flow, id: string): Promise<Task | undefined> {
    const device = await this.#deps.device(flow.device);
    const task = device && activeTask(device.tasks);
    if (task?.id === id && flow.task === id) return task;
    if (flow.task === id) flow.waiting = [];
    return undefined;
  }

  async #givePart(
    flow: Flow,
    { id, policy: { image, size } }: Task,
    part: Extract<Wanted, { kind: "part" }>,
  ): Promise<boolean> {
    const { images, transfers, outbox } = this.#deps;
    const { device } = flow;
    const { start, end } = part;
    const bytes = await images.read({ sha256: toHex(image), size }, start, end);
    // Its turn may have ended while the bytes were read.
    const task = await this.#task(flow, id);
    if (!task || this.#flows.get(device) !== flow) return false;
    const sent = new SentChunk(part, flow.connection, this.#deps.now());
    transfers.begin(task, sent, sent.sentAt);
    this.#window.sent(device, id, sent);
    const done = (how: ChunkEnd) => this.#done(flow, task, sent, how);
    outbox.sendChunk!({ device, task: id, offset: start, bytes, done });
    return true;
  }

  async #giveDigests(
    flow: Flow,
    { id, policy: { image } }: Task,
    { from, count, chunkBytes }: Extract<Wanted, { kind: "digests" }>,
  ): Promise<void> {
    const { images, outbox } = this.#deps;
    const digests = await images.chunkDigests(toHex(image), chunkBytes, from, count);
    if (!await this.#task(flow, id)) return;
    const { device } = flow;
    const chunks = digests.map(toChecksum);
    const payload = { task_id: id, chunk_bytes: chunkBytes, from, chunks };
    outbox.send({ device, message: { kind: "chunks", payload } });
  }

  #done(flow: Flow, task: Task, sent: SentChunk, how: ChunkEnd): void {
    const now = this.#deps.now();
    // Of chunks side by side each counts from the end of the one before.
    sent.end(how, now - Math.max(sent.sentAt, flow.doneAt));
    flow.doneAt = now;
    if (how === "arrived") this.#deps.watch.arrived(flow.device, sent.to, sent.sent);
    if (how === "lost" || how === "unheard") flow.waiting = [];
    if (how === "unheard") void this.#tellUnheard(flow, task);
    this.#window.done(flow.device, sent);
    this.#dropIfIdle(flow);
  }

  async #tellUnheard(flow: Flow, { id }: Task): Promise<void> {
    const { outbox, onFault } = this.#deps;
    try {
      const task = await this.#task(flow, id);
      if (!task) return;
      const reason = "Subscribe to chunk/# below your topic before you ask for bytes.";
      const message = rejectedMessage({ code: "not_allowed", reason, task });
      outbox.send({ device: flow.device, message });
    } catch (error) {
      onFault(error);
    }
  }

  #dropIfIdle(flow: Flow): void {
    const isIdle = flow.waiting.length === 0 && !flow.isPumping && this.#window.isFree(flow.device);
    if (isIdle && this.#flows.get(flow.device) === flow) this.#flows.delete(flow.device);
  }
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.kind === "part"
    ? other.kind === "part" && one.start === other.start && one.end === other.end
    : other.kind === "digests" && one.from === other.from && one.count === other.count;
}
