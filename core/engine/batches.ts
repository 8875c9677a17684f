/** The inputs that wait: one batch is in flight, the next collects meanwhile. */
import { BATCH_MAX, QUEUE_MAX } from "../protocol/mod.ts";
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
  readonly #take: (batch: readonly Waiting[]) => Promise<number>;
  #queue: Waiting[] = [];
  #pumping: Promise<void> | undefined;

  /**
   * `take` answers the first inputs of a batch, which may be empty, and gives their number: at least one of
   * some. It never throws.
   */
  constructor(clock: Clock, take: (batch: readonly Waiting[]) => Promise<number>) {
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
      this.#queue.splice(0, await this.#take(this.#queue.slice(0, BATCH_MAX)));
    } while (this.#queue.length > 0);
    this.#pumping = undefined;
  }
}
