/**
 * Refusals that are not on record: only one in ten seconds is, and says how many came since the last.
 * What a batch counts is kept when the batch is durable, not before.
 */
import { CACHE_DEVICES_MAX } from "../protocol/limits.ts";
import { Cache } from "./cache.ts";

/** Refusals since the last one on record, by device. */
export class LeftOut {
  readonly #kept = new Cache<number>(CACHE_DEVICES_MAX);
  readonly #batch = new Map<string, number>();

  /** How many; 0 for none. */
  get(device: string): number {
    return this.#batch.get(device) ?? this.#kept.get(device) ?? 0;
  }

  /** Sets how many, for this batch and, once it is kept, for the next ones. */
  set(device: string, count: number): void {
    this.#batch.set(device, count);
  }

  /** A batch begins: what the last one counted and did not keep is forgotten. */
  begin(): void {
    this.#batch.clear();
  }

  /** The batch is durable. */
  keep(): void {
    for (const [device, count] of this.#batch) this.#kept.set(device, count);
    this.#batch.clear();
  }
}
