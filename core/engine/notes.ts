/**
 * What is noted of devices beside the log, in memory alone: refusals that were left out of it, answers
 * that left no fact. What a batch notes is kept when the batch is durable, not before.
 */
import { CACHE_DEVICES_MAX } from "../protocol/limits.ts";
import { Cache } from "./cache.ts";

/** One kind of note, by device. */
export class Notes<T> {
  readonly #kept = new Cache<T>(CACHE_DEVICES_MAX);
  readonly #batch = new Map<string, T>();

  /** The device's note. */
  get(device: string): T | undefined {
    return this.#batch.get(device) ?? this.#kept.get(device);
  }

  /** Notes it, for this batch and, once that is kept, for the next ones. */
  set(device: string, note: T): void {
    this.#batch.set(device, note);
  }

  /** A batch begins: what the last one noted and did not keep is forgotten. */
  begin(): void {
    this.#batch.clear();
  }

  /** The batch is durable. */
  keep(): void {
    for (const [device, note] of this.#batch) this.#kept.set(device, note);
    this.#batch.clear();
  }
}
