/** Jobs on all cores: begun at once, handed over in their order. */

/** Who does the jobs. */
export interface CrewOptions<Job> {
  /** The module of a worker: it answers each message with one of its own. */
  readonly worker: URL;
  /** How many there are. */
  readonly size: number;
  /** What of a job is given away, not copied. */
  readonly transfer?: (job: Job) => Transferable[];
  /** A worker failed outside of what it answers, such as while it was loaded. */
  readonly failure: (job: Job, message: string) => Error;
}

/** How many jobs for each worker are begun before they are asked for, so that none waits. */
const AHEAD = 4;

/**
 * Does the jobs on the workers. What comes does not depend on how many there are, or on which is faster;
 * whoever has seen enough leaves, and the workers end at once.
 */
export async function* resultsOf<Job, Result>(
  jobs: Iterable<Job>,
  options: CrewOptions<Job>,
): AsyncGenerator<Result, void, undefined> {
  const crew = new Crew<Job, Result>(options);
  const next = jobs[Symbol.iterator]();
  const begun: Promise<Result | Error>[] = [];
  try {
    for (;;) {
      while (begun.length < AHEAD * options.size) {
        const { value, done } = next.next();
        if (done) break;
        begun.push(crew.run(value));
      }
      const result = begun.shift();
      if (!result) return;
      const done = await result;
      if (done instanceof Error) throw done;
      yield done;
    }
  } finally {
    next.return?.();
    crew.end();
  }
}

/** A job that waits for a worker. */
interface Waiting<Job, Result> {
  readonly job: Job;
  readonly resolve: (result: Result | Error) => void;
}

/** Workers, started when there is something to do for them. */
class Crew<Job, Result> {
  readonly #options: CrewOptions<Job>;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: Waiting<Job, Result>[] = [];

  constructor(options: CrewOptions<Job>) {
    this.#options = options;
  }

  /** Resolves when a worker has done it, or failed. Never rejects: whoever has left does not listen. */
  run(job: Job): Promise<Result | Error> {
    const { promise, resolve } = Promise.withResolvers<Result | Error>();
    this.#waiting.push({ job, resolve });
    const worker = this.#idle.pop() ?? this.#another();
    if (worker) this.#goOn(worker);
    return promise;
  }

  end(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #another(): Worker | undefined {
    if (this.#workers.length === this.#options.size) return undefined;
    const worker = new Worker(this.#options.worker, { type: "module" });
    this.#workers.push(worker);
    return worker;
  }

  #goOn(worker: Worker): void {
    const waiting = this.#waiting.shift();
    if (!waiting) return void this.#idle.push(worker);
    const { job, resolve } = waiting;
    const { failure, transfer } = this.#options;
    const done = (result: Result | Error) => {
      resolve(result);
      this.#goOn(worker);
    };
    worker.onmessage = ({ data }) => done(data);
    worker.onerror = (event) => {
      event.preventDefault();
      done(failure(job, event.message));
    };
    worker.postMessage(job, transfer?.(job) ?? []);
  }
}
