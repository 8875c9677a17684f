/** I2: a task succeeds only with the evidence that its completion names, said in that very row. */
import type { Fact } from "../../log/mod.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { isRightDigest } from "./naive.ts";
import type { NaiveTask } from "./naive.ts";
import { saysNew } from "./naive_running.ts";

/** Judges that success is earned. */
export class EarnedSuccess implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, outcome }, fact }: SeenRow): void {
    for (const { task: id, from, to } of outcome.moves) {
      const task = this.#court.naive.tasks.get(id);
      const goesOn = from === "paused" && task?.isVerified;
      const isClaimed = to === "succeeded" || to === "awaiting_install" && !goesOn;
      if (!task || !isClaimed) continue;
      const isOwn = fact.actor === `device:${task.device}`;
      const isEarned = to === "succeeded" ? isProved(task, fact) : isRightDigest(fact, task);
      if (isOwn && isEarned) continue;
      const said = `${fact.type} of ${fact.actor}`;
      this.#court.deny("I2", `Row ${seq}: ${id} (${task.policy.completion}) is ${to} by ${said}.`);
    }
  }
}

/** The evidence of each completion (DESIGN §2). */
function isProved(task: NaiveTask, fact: Fact): boolean {
  switch (task.policy.completion) {
    case "verified":
      return isRightDigest(fact, task) || runsImage(task, fact);
    case "booted":
      return task.isVerified && (hasBooted(task, fact) || isSeen(task, fact));
    case "reported":
      return hasBooted(task, fact);
    case "seen":
      return hasBooted(task, fact) || isSeen(task, fact);
  }
}

function hasBooted({ id, policy }: NaiveTask, fact: Fact): boolean {
  return fact.type === "StatusReported" && fact.task === id && fact.data.status === "booted" &&
    fact.data.version === policy.version;
}

function isSeen({ policy }: NaiveTask, fact: Fact): boolean {
  return fact.type === "UpdateRequested" && saysNew(policy, fact.data);
}

/** The digest of what it runs is that of all it has stored. */
function runsImage({ policy }: NaiveTask, fact: Fact): boolean {
  return fact.type === "UpdateRequested" && fact.data.running === policy.image;
}
