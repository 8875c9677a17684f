/** The rows of a batch, one behind the other: each gets its place in the log and is sealed. */
import { sealRow } from "../log/mod.ts";
import type { Fact, FactType, Outcome, SealedRow } from "../log/mod.ts";
import { nextTaskName } from "./names.ts";
import type { TaskName } from "./names.ts";
import type { Digest, StreamHead } from "./ports.ts";
import type { Position } from "./position.ts";

/** Where the log stands as the batch grows. */
export class Sealing {
  /** The type of each row, in the order of the rows. */
  readonly recorded: FactType[] = [];
  readonly #digest: Digest;
  #position: Position;

  /** `position` is where the log stands before the batch. */
  constructor(digest: Digest, position: Position) {
    this.#digest = digest;
    this.#position = position;
  }

  /** Where the log stands after the rows so far. */
  get position(): Position {
    return this.#position;
  }

  /** A fresh name for a task at that time; `undefined` when there are no more. */
  nextTaskName(at: number): TaskName | undefined {
    const { lastTask, restores } = this.#position;
    return nextTaskName(lastTask, at, restores);
  }

  /** The row of the fact, next in the log and behind the head of its stream. */
  seal(
    stream: string,
    head: StreamHead,
    fact: Fact,
    outcome: Outcome,
    cause: number | null,
  ): SealedRow {
    const { log, epoch } = this.#position;
    const seq = this.#position.seq + 1;
    this.#position = { ...this.#position, seq };
    this.recorded.push(fact.type);
    if (fact.type === "TaskQueued" && fact.task !== undefined) {
      const lastTask = { number: fact.data.number, id: fact.task };
      this.#position = { ...this.#position, lastTask, restores: 0 };
    }
    if (fact.type === "LogRestored") {
      this.#position = { ...this.#position, restores: this.#position.restores + 1 };
    }
    const place = { log, seq, epoch, stream, version: head.version + 1, prev: head.hash, cause };
    return sealRow(place, fact, outcome, () => this.#digest.salt(), this.#digest.sha256);
  }
}
