/** I6: whatever a device has to hear of a task is said in the row that moves the task, and is owed. */
import type { Fact, Move } from "../../log/mod.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveTask } from "./naive.ts";
import { mustFetch } from "./naive_running.ts";
import { isEnd, isWait } from "./words.ts";

/** Judges that no move is kept from its device. */
export class Told implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  afterRow({ header: { seq, outcome }, fact }: SeenRow): void {
    // Of a task that moves twice in one row only the last message is of use.
    const last = new Map(outcome.moves.map((move) => [move.task, move]));
    for (const move of last.values()) {
      const task = this.#court.naive.tasks.get(move.task);
      const effect = task && !isSpared(move, task, fact) && effectOf(move, task, fact);
      if (!effect) continue;
      if (outcome.effects.some(({ type, task }) => type === effect && task === move.task)) continue;
      this.#court.deny("I6", `Row ${seq}: ${move.task} becomes ${move.to} without ${effect}.`);
    }
  }
}

/** Who only fetches is not told what it is not to fetch. */
function isSpared({ to }: Move, task: NaiveTask, fact: Fact): boolean {
  return to === "offered" && fact.type === "UpdateRequested" && fact.data.fetch_only === true &&
    !mustFetch(task, task, fact.data);
}

/** What the device has to be told (PROTOCOL §1); `undefined`: nothing. */
function effectOf(
  { from, to, reason }: Move,
  { wasOffered }: NaiveTask,
  { type }: Fact,
): string | undefined {
  const isDigest = type === "DigestReported" || type === "ChunkFailed";
  if (to === "succeeded") return "sendSuccess";
  if (to === "offered" && isWait(from ?? "")) return "sendMetadata";
  if (to === "retrying" && from !== "paused") return "sendRetry";
  if (to === "awaiting_install" && isDigest) return "sendVerified";
  if (reason === "preempted") return "sendCancel";
  if (!isEnd(to) || !wasOffered || reason === "device_revoked") return undefined;
  return to === "cancelled" ? "sendCancel" : "sendFailed";
}
