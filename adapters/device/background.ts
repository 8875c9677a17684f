/** What a device does beside its work: what it says it says again while it cannot be said. */
import { pause } from "./pause.ts";

/** After a fault that leaves the link alone, the device tries again. */
const AGAIN_MS = 2_000;

/** Everything that goes on until the device is switched off. */
export class Background {
  readonly #off = new AbortController();
  readonly #onFault: (error: Error) => void;

  /** `onFault` is told what failed, for a person. */
  constructor(onFault: (error: Error) => void) {
    this.#onFault = onFault;
  }

  /** Aborted when the device is switched off. */
  get off(): AbortSignal {
    return this.#off.signal;
  }

  /** Nothing goes on. */
  stop(): void {
    this.#off.abort(new Error("The device is switched off"));
  }

  /** Lets it go on. */
  run(work: Promise<void>): void {
    work.catch((error) => {
      if (!this.off.aborted) this.#onFault(error);
    });
  }

  /** Says something until it is said. */
  insist(say: () => Promise<void>): void {
    const again = async (error: unknown) => {
      if (this.off.aborted) return;
      this.#onFault(error as Error);
      await this.pause();
      this.insist(say);
    };
    this.run(say().catch(again));
  }

  /** Waits before the next try. @throws when the device is switched off meanwhile. */
  pause(): Promise<void> {
    return pause(AGAIN_MS, this.off);
  }
}
