/** I3: at most 1 + retries attempts, each spent by a failure; the failure of the last one is the end. */
import type { Fact, Move } from "../../log/mod.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { isEnd } from "./words.ts";

/** Failures that spend an attempt, or end the task at its last. */
const FAILURES = new Set([
  "wrong_digest",
  "bad_chunks",
  "device_failed",
  "no_progress",
  "too_slow",
  "old_image",
]);

/** Judges that attempts are counted. */
export class BoundedRetries implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, outcome }, fact }: SeenRow): void {
    const attempts = new Map<string, number>();
    for (const move of outcome.moves) {
      const before = attempts.get(move.task) ?? this.#court.naive.tasks.get(move.task)?.attempt;
      const fault = this.#faultOf(move, before ?? 1, fact);
      if (fault) this.#court.deny("I3", `Row ${seq}: ${move.task} ${fault}.`);
      attempts.set(move.task, move.attempt);
    }
  }

  #faultOf(move: Move, before: number, fact: Fact): string | undefined {
    const { task, attempt, to } = move;
    const own = fact.type === "TaskQueued" && fact.task === task ? fact.data : undefined;
    const most = 1 + (own ?? this.#court.naive.tasks.get(task)?.policy)!.retries;
    if (attempt > most) return `is at attempt ${attempt} of ${most}`;
    if (isFailure(move)) {
      if (to === "retrying") {
        return attempt === before + 1 ? undefined : `spent attempt ${before} and is at ${attempt}`;
      }
      if (!isEnd(to)) return `failed (${move.reason}) and is ${to}`;
      return before === most ? undefined : `ended after ${before} of ${most} attempts`;
    }
    return attempt === before ? undefined : `went from attempt ${before} to ${attempt} for nothing`;
  }
}

function isFailure({ from, reason }: Move): boolean {
  return FAILURES.has(reason ?? "") ||
    reason === "silent" && (from === "retrying" || from === "verifying");
}
