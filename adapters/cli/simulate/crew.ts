/** Seeds on all cores. */
import { resultsOf } from "../workers/crew.ts";
import type { Assignment, Fault, Outcome } from "./outcome.ts";

/**
 * Simulates the seeds on so many workers, in their order.
 *
 * @throws {Error} when a seed could not be simulated.
 */
export async function* outcomesOf(
  assignments: Iterable<Assignment>,
  jobs: number,
): AsyncGenerator<Outcome, void, undefined> {
  const results = resultsOf<Assignment, Outcome | Fault>(assignments, {
    worker: new URL("./worker.ts", import.meta.url),
    size: jobs,
    failure: ({ options }, fault) => errorOf({ options, fault }),
  });
  for await (const outcome of results) {
    if ("fault" in outcome) throw errorOf(outcome);
    yield outcome;
  }
}

function errorOf({ options, fault, stack }: Fault): Error {
  const error = new Error(`Seed ${options.seed} could not be simulated: ${fault}`);
  if (stack !== undefined) error.stack = `${error.message}\n${stack}`;
  return error;
}
