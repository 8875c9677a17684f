/** Jobs on all cores: begun at once, handed over in their order. */

import { Lane } from "./lane.ts";

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
  readonly #lanes: Lane<Job, Result>[] = [];
  readonly #idle: Lane<Job, Result>[] = [];
  readonly #waiting: Waiting<Job, Result>[] = [];

  constructor(options: CrewOptions<Job>) {
    this.#options = options;
  }

  /** Resolves when a worker has done it, or failed. Never rejects. */
  run(job: Job): Promise<Result | Error> {
    const { promise, resolve } = Promise.withResolvers<Result | Error>();
    this.#waiting.push({ job, resolve });
    const lane = this.#idle.pop() ?? this.#another();
    if (lane) void this.#work(lane);
    return promise;
  }

  end(): void {
    for (const lane of this.#lanes) lane.end();
  }

  #another(): Lane<Job, Result> | undefined {
    if (this.#lanes.length === this.#options.size) return undefined;
    const lane = new Lane<Job, Result>(this.#options.worker);
    this.#lanes.push(lane);
    return lane;
  }

  async #work(lane: Lane<Job, Result>): Promise<void> {
    const { failure, transfer } = this.#options;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { job, resolve } = next;
      const result = await lane.run(job, transfer?.(job));
      resolve(result instanceof Error ? failure(job, result.message) : result);
    }
    this.#idle.push(lane);
  }
}
