/** The inputs that wait: one batch is in flight, the next collects meanwhile. */
import { BATCH_MAX, BATCH_MIN, BATCH_SLOW_MS, QUEUE_MAX } from "../protocol/mod.ts";
import { notNow } from "./dispatch.ts";
import type { Answer, Input } from "./inputs.ts";
import type { Clock } from "./ports.ts";

/** An input, and who waits for its answer. */
export interface Waiting {
  readonly input: Input;
  readonly answer: (answer: Answer) => void;
}

/** Takes inputs and hands them on, batch by batch. */
export class Batches {
  readonly #clock: Clock;
  readonly #take: (batch: readonly Waiting[]) => Promise<void>;
  #queue: Waiting[] = [];
  #size = BATCH_MIN;
  #pumping: Promise<void> | undefined;

  /** `take` answers each input of a batch, which may be empty; it never throws. */
  constructor(clock: Clock, take: (batch: readonly Waiting[]) => Promise<void>) {
    this.#clock = clock;
    this.#take = take;
  }

  /** Resolves when nothing waits any more; `undefined`: nothing does. */
  get pumping(): Promise<void> | undefined {
    return this.#pumping;
  }

  /** The answer comes when the input was taken, or at once when too many wait. */
  submit(input: Input): Promise<Answer> {
    if (this.#queue.length >= QUEUE_MAX) {
      return Promise.resolve(notNow("The engine has too much to do. Try again in a moment."));
    }
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#queue.push({ input, answer: resolve });
    this.wake();
    return promise;
  }

  /** A batch is taken though perhaps nothing waits. */
  wake(): void {
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    do {
      // One turn of the event loop: everything that was received already joins this batch.
      await new Promise<void>((resolve) => this.#clock.soon(resolve));
      const batch = this.#queue.splice(0, this.#size);
      const began = this.#clock.monotonic();
      await this.#take(batch);
      this.#size = sizeAfter(this.#size, batch.length, this.#clock.monotonic() - began);
    } while (this.#queue.length > 0);
    this.#pumping = undefined;
  }
}

/**
 * How many inputs the batch after one of `taken` inputs may take. Large ones share a sync of the disk
 * among many; but nothing else is answered meanwhile, and a slow input can cost twenty quick ones.
 */
function sizeAfter(size: number, taken: number, tookMs: number): number {
  if (tookMs > BATCH_SLOW_MS) return Math.max(BATCH_MIN, size >> 1);
  const isFull = taken === size;
  return isFull && tookMs < BATCH_SLOW_MS / 2 ? Math.min(BATCH_MAX, size * 2) : size;
}
