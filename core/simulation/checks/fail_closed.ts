/** I20: after a fault of its store an engine says nothing to anybody before it has opened it again. */
import type { Answer, OutboundChunk, OutboundMessage } from "../../engine/mod.ts";
import type { Life, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Judges that nobody goes on with a store that failed. */
export class FailClosed implements Judge {
  readonly #court: Court;
  /** Lives whose store failed and was not opened since: from when on they are to be silent. */
  readonly #silentFrom = new Map<Life, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  /** What a batch leads to that was decided when a look beside it failed is said at that instant. */
  failed(life: Life, what: "append" | "read"): void {
    const { now } = this.#court.sight;
    const from = what === "append" ? now : now + 1;
    this.#silentFrom.set(life, Math.min(from, this.#silentFrom.get(life) ?? from));
  }

  opened(life: Life): void {
    this.#silentFrom.delete(life);
  }

  died(life: Life): void {
    this.#silentFrom.delete(life);
  }

  answered({ life, input, number }: Submission, answer: Answer): void {
    if (!answer.ok || !this.#isSilenced(life)) return;
    this.#deny(life, `answered input ${number} (${input.kind})`);
  }

  sent({ device, message }: OutboundMessage, life: Life): void {
    if (this.#isSilenced(life)) this.#deny(life, `sent ${message.kind} to ${device}`);
  }

  sentChunk({ device, task }: OutboundChunk, life: Life): void {
    if (this.#isSilenced(life)) this.#deny(life, `sent bytes of ${task} to ${device}`);
  }

  #isSilenced(life: Life): boolean {
    return this.#court.sight.now >= (this.#silentFrom.get(life) ?? Infinity);
  }

  #deny({ number }: Life, what: string): void {
    this.#court.deny("I20", `Life ${number} ${what} after its store failed.`);
  }
}
