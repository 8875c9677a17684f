/** Seeds on all cores: simulated at once, handed over in their order. */
import type { Assignment, Fault, Outcome } from "./outcome.ts";

/** How many seeds for each worker are begun before they are asked for, so that none waits. */
const AHEAD = 4;

/**
 * Simulates the seeds on so many workers. What comes does not depend on how many there are, or on
 * which is faster; whoever has seen enough leaves, and the workers end at once.
 *
 * @throws {Error} when a seed could not be simulated.
 */
export async function* outcomesOf(
  assignments: Iterable<Assignment>,
  jobs: number,
): AsyncGenerator<Outcome, void, undefined> {
  const crew = new Crew(jobs);
  const next = assignments[Symbol.iterator]();
  const begun: Promise<Outcome | Fault>[] = [];
  try {
    for (;;) {
      while (begun.length < AHEAD * jobs) {
        const { value, done } = next.next();
        if (done) break;
        begun.push(crew.run(value));
      }
      const outcome = await begun.shift();
      if (!outcome) return;
      if ("fault" in outcome) throw errorOf(outcome);
      yield outcome;
    }
  } finally {
    crew.end();
  }
}

function errorOf({ options, fault, stack }: Fault): Error {
  const error = new Error(`Seed ${options.seed} could not be simulated: ${fault}`);
  if (stack !== undefined) error.stack = `${error.message}\n${stack}`;
  return error;
}

/** A seed that waits for a worker. */
interface Waiting {
  readonly assignment: Assignment;
  readonly resolve: (outcome: Outcome | Fault) => void;
}

/** Workers, started when there is something to do for them. */
class Crew {
  readonly #workersMax: number;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(workersMax: number) {
    this.#workersMax = workersMax;
  }

  /** Resolves when a worker has simulated it. Never rejects. */
  run(assignment: Assignment): Promise<Outcome | Fault> {
    const { promise, resolve } = Promise.withResolvers<Outcome | Fault>();
    this.#waiting.push({ assignment, resolve });
    const worker = this.#idle.pop() ?? this.#another();
    if (worker) this.#goOn(worker);
    return promise;
  }

  end(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #another(): Worker | undefined {
    if (this.#workers.length === this.#workersMax) return undefined;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.#workers.push(worker);
    return worker;
  }

  #goOn(worker: Worker): void {
    const waiting = this.#waiting.shift();
    if (!waiting) return void this.#idle.push(worker);
    const { assignment, resolve } = waiting;
    const done = (outcome: Outcome | Fault) => {
      resolve(outcome);
      this.#goOn(worker);
    };
    worker.onmessage = ({ data }) => done(data);
    // Something outside of the simulation failed, such as loading it.
    worker.onerror = (event) => {
      event.preventDefault();
      done({ options: assignment.options, fault: event.message });
    };
    worker.postMessage(assignment);
  }
}
