/** I20: after a fault of its store an engine says nothing to anybody before it has opened it again. */
import type { Answer, OutboundMessage, Write } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Judges that nobody goes on with a store that failed. */
export class FailClosed implements Judge {
  readonly #court: Court;
  /** Lives whose store failed and was not opened since. */
  readonly #failed = new Set<Life>();
  /** When a life last committed: what failed at that very instant failed after it. */
  readonly #committedAt = new Map<Life, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  committed(_rows: readonly SeenRow[], _writes: readonly Write[], life: Life): void {
    this.#committedAt.set(life, this.#court.sight.now);
  }

  failed(life: Life): void {
    this.#failed.add(life);
  }

  opened(life: Life): void {
    this.#failed.delete(life);
  }

  died(life: Life): void {
    this.#failed.delete(life);
    this.#committedAt.delete(life);
  }

  answered({ life, input, number }: Submission, answer: Answer): void {
    if (!answer.ok || !this.#isSilenced(life)) return;
    this.#deny(life, `answered input ${number} (${input.kind})`);
  }

  sent({ device, message }: OutboundMessage, life: Life): void {
    if (this.#isSilenced(life)) this.#deny(life, `sent ${message.kind} to ${device}`);
  }

  #isSilenced(life: Life): boolean {
    return this.#failed.has(life) && this.#committedAt.get(life) !== this.#court.sight.now;
  }

  #deny({ number }: Life, what: string): void {
    this.#court.deny("I20", `Life ${number} ${what} after its store failed.`);
  }
}
