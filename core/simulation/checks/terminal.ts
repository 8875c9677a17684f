/** I8: nothing moves a task that has ended; and every move begins where the task was. */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { isEnd } from "./words.ts";

/** Judges that ends are final. */
export class TerminalAbsorbs implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, outcome }, fact }: SeenRow): void {
    const states = new Map<string, string>();
    for (const { task, from, to } of outcome.moves) {
      const isNew = fact.type === "TaskQueued" && fact.task === task;
      const known = states.get(task) ?? this.#court.naive.tasks.get(task)?.state ?? null;
      if (known !== null && isEnd(known)) {
        this.#court.deny("I8", `Row ${seq}: ${task} was ${known} and became ${to}.`);
      } else if (known !== from || known === null && !isNew) {
        this.#court.deny(
          "I8",
          `Row ${seq}: ${task} moved from ${from} to ${to}, but was ${known}.`,
        );
      }
      states.set(task, to);
    }
  }
}
