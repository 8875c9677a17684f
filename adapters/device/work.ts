/** The one thing a device does at a time: what begins next waits until what was stopped is over. */
export class Work {
  readonly #onFault: (error: unknown) => void;
  #current:
    | { readonly name: string | undefined; readonly stop: AbortController; done: Promise<void> }
    | undefined;

  /** `onFault` is told what work failed with, unless it was stopped. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Whether something is being done. */
  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** Stops what is being done and does this; what bears the name of it goes on instead. */
  begin(job: (signal: AbortSignal) => Promise<void>, name?: string): void {
    if (name !== undefined && this.#current?.name === name) return;
    const stopped = this.stop();
    const stop = new AbortController();
    const work = { name, stop, done: Promise.resolve() };
    this.#current = work;
    work.done = stopped.then(() => job(stop.signal)).then(
      () => this.#over(work),
      (error) => {
        this.#over(work);
        if (!stop.signal.aborted) this.#onFault(error);
      },
    );
  }

  /** Stops what is being done; resolves when it is over. */
  async stop(): Promise<void> {
    const work = this.#current;
    work?.stop.abort();
    await work?.done;
  }

  #over(work: object): void {
    if (this.#current === work) this.#current = undefined;
  }
}
