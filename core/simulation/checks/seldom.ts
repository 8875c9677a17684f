/** I4: progress that is not worth a fact leaves none, so that a log does not grow with every report. */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveTask } from "./naive.ts";
import { isNotable } from "./notable.ts";

/** Judges that progress is recorded no more often than it has to be. */
export class Seldom implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, outcome }, fact }: SeenRow): void {
    const { type, task: id, at } = fact;
    if (type !== "ProgressReported" && type !== "ArtifactRequested") return;
    const task = this.#court.naive.tasks.get(id ?? "");
    if (!task || outcome.moves.some((move) => move.task === id)) return;
    const isWorth = type === "ProgressReported"
      ? isNotable(task, fact.data.received, at)
      : isLongAgo(task, at, fact.data.given_at);
    if (isWorth) return;
    const { received, progressAt } = task.course;
    const since = `after ${received} bytes at ${progressAt}`;
    this.#court.deny("I4", `Row ${seq}: ${type} ${JSON.stringify(fact.data)} is no fact ${since}.`);
  }
}

/** That bytes are fetched is recorded before the limit without progress would pass. */
function isLongAgo({ course, policy }: NaiveTask, at: number, givenAt?: number): boolean {
  return givenAt === undefined
    ? at - course.progressAt >= Math.floor(policy.limits_ms.downloading / 2)
    : givenAt > course.progressAt;
}
