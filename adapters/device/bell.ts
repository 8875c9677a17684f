/** Wakes those that wait for something to change. */

/** One bell for all who wait: each looks for itself whether what changed is for it. */
export class Bell {
  #next = Promise.withResolvers<void>();

  /** Something has changed. */
  ring(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers<void>();
    resolve();
  }

  /** Waits for the next ring, so many milliseconds at most. @throws the signal's reason. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const stop = () => resolve();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#next.promise, over]);
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
  }
}
