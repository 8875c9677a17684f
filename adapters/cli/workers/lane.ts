/** One worker, which does its jobs in their order and remembers what it saw in them. */
export class Lane<Job, Result> {
  readonly #worker: Worker;
  readonly #waiting: ((result: Result | Error) => void)[] = [];
  #failure: Error | undefined;

  /** The module answers each message with one of its own. */
  constructor(module: URL) {
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#waiting.shift()?.(data);
    // Something outside of the jobs failed, such as loading the module.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failure = new Error(event.message);
      for (const resolve of this.#waiting.splice(0)) resolve(this.#failure);
    };
  }

  /**
   * Resolves when it is done, or with an error when the worker failed; what is in `transfer` is given away.
   * Never rejects: whoever has left does not listen.
   */
  run(job: Job, transfer: Transferable[] = []): Promise<Result | Error> {
    if (this.#failure) return Promise.resolve(this.#failure);
    const { promise, resolve } = Promise.withResolvers<Result | Error>();
    this.#waiting.push(resolve);
    this.#worker.postMessage(job, transfer);
    return promise;
  }

  /** Ends at once. */
  end(): void {
    this.#worker.terminate();
  }
}
