/** A flow of chunks between images on paper and an outbox that keeps them until it is told what became of each. */
import { ChunkFlow } from "../../../core/engine/chunk_flow.ts";
import { Transfers } from "../../../core/engine/transfers.ts";
import type { ChunkEnd, OutboundChunk, OutboundMessage } from "../../../core/engine/mod.ts";
import type { Task } from "../../../core/mod.ts";
import type { Asked, Wanted } from "../../../core/device/asked.ts";
import type { Device } from "../../../core/device/state.ts";
import { settle } from "./bench_engine.ts";
import { given, on, queued } from "./given.ts";
import { PaperImages } from "./paper_images.ts";

/** The image of a task: each has its own. */
export function shaOf(task: string): string {
  return task.slice(-2).padStart(64, "0").split("").reverse().join("");
}

export const SIZE = 10_000_000;

export class FlowStage {
  readonly images = new PaperImages();
  readonly transfers = new Transfers();
  readonly sent: OutboundMessage[] = [];
  readonly faults: unknown[] = [];
  /** On their way, the oldest first. */
  readonly underWay: OutboundChunk[] = [];
  /** How many were ever sent. */
  count = 0;
  /** Set while the outbox takes nothing: what it says of each chunk at once. */
  refuses: ChunkEnd | Error | undefined;
  /** Called before each look at a device. */
  onDevice: () => void = () => {};
  now = 1_000;
  readonly #tasks = new Map<string, Task>();
  readonly flow = new ChunkFlow({
    watch: { arrived: () => {} },
    onGiven: () => {},
    images: this.images,
    outbox: {
      send: (message) => void this.sent.push(message),
      sendChunk: (chunk) => this.#take(chunk),
    },
    transfers: this.transfers,
    now: () => this.now,
    device: async (id) => {
      await Promise.resolve();
      this.onDevice();
      const task = this.#tasks.get(id);
      return task && ({ id, tasks: [task] } as unknown as Device);
    },
    onFault: (error) => void this.faults.push(error),
  });

  /** The device has this task in hand, and no other. */
  assign(device: string, id: string): Task {
    const policy = { size: SIZE, image: `sha256:${shaOf(id)}` };
    const task = { ...given(queued(policy), on.turn(1), on.fetch(2)), id, device };
    this.#tasks.set(device, task);
    return task;
  }

  /** Nothing is left of its task. */
  end(device: string): void {
    this.#tasks.delete(device);
  }

  /** It asks for parts, or digests. */
  async want(device: string, ...wanted: readonly ([number, number] | Wanted)[]): Promise<void> {
    const task = this.#tasks.get(device)!;
    this.flow.want(device, askOf(task, ...wanted));
    await this.quiet();
  }

  /** It becomes of the first, or of all of them. */
  async done(end: ChunkEnd, count = 1): Promise<void> {
    for (const { done } of this.underWay.splice(0, count)) done(end);
    await this.quiet();
  }

  /** What is on its way, as `device task start-end`. */
  get list(): string[] {
    return this.underWay.map(nameOf);
  }

  async quiet(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await settle();
  }

  #take(chunk: OutboundChunk): void {
    this.count++;
    if (this.refuses instanceof Error) throw this.refuses;
    if (this.refuses) return chunk.done(this.refuses);
    this.underWay.push(chunk);
  }
}

export function nameOf({ device, task, offset, bytes }: OutboundChunk): string {
  return `${device} ${task} ${offset}-${offset + bytes.length}`;
}

export function askOf(task: Task, ...wanted: readonly ([number, number] | Wanted)[]): Asked {
  return {
    task,
    wanted: wanted.map((one) =>
      "kind" in one ? one : { kind: "part", start: one[0], end: one[0] + one[1] }
    ),
  };
}
