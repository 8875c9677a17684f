/** Says how far the device is: at each step, and now and then while it fetches. */
import type { Metadata } from "../../core/mod.ts";
import type { Advice } from "./advice.ts";
import type { Parts } from "./parts.ts";
import { pause } from "./pause.ts";

/** Progress is said each time so many percent more are stored. */
const EVERY_PERCENT = 5;

/** The progress of one attempt. What says nothing new is not said, nor is anything waited for. */
export class Progress {
  readonly #parts: Parts;
  readonly #metadata: Metadata;
  readonly #advice: Advice;
  /** Bytes, as last said. */
  #said: number;
  #percent: number;
  #saying: Promise<void> | undefined;

  /** What is stored already was said when the device asked. */
  constructor(parts: Parts, metadata: Metadata) {
    this.#parts = parts;
    this.#metadata = metadata;
    this.#advice = parts.advice;
    this.#said = parts.memory.received;
    this.#percent = this.#percentNow;
  }

  /** More is stored. */
  moved(): void {
    const { received } = this.#parts.memory;
    const isStep = this.#percentNow >= this.#percent + EVERY_PERCENT;
    if (isStep || received === this.#metadata.size) this.#say();
  }

  /** Says it in the rhythm that the engine recommends, until the signal. */
  async beat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.#advice.heartbeatMs, signal).catch(() => {});
      if (!signal.aborted) this.#say();
    }
  }

  /** All is stored: resolves when that is said, or cannot be. */
  async finish(): Promise<void> {
    await this.#saying;
    this.#say();
    await this.#saying;
  }

  get #percentNow(): number {
    return Math.floor(100 * this.#parts.memory.received / this.#metadata.size);
  }

  #say(): void {
    const { memory: { received }, say } = this.#parts;
    if (this.#saying || received === this.#said) return;
    const [before, percent] = [this.#said, this.#percentNow];
    const { task_id, attempt } = this.#metadata;
    this.#said = received;
    this.#percent = percent;
    this.#saying = say("progress", { task_id, attempt, received })
      // What could not be said is said with what comes next.
      .catch(() => void (this.#said = before))
      .finally(() => this.#saying = undefined);
  }
}
