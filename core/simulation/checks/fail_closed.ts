/** I20: after a fault of its store an engine says nothing to anybody before it has opened it again. */
import type { Answer, OutboundMessage } from "../../engine/mod.ts";
import type { Life, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Judges that nobody goes on with a store that failed. */
export class FailClosed implements Judge {
  readonly #court: Court;
  /** Lives whose store failed and was not opened since. */
  readonly #failed = new Set<Life>();

  constructor(court: Court) {
    this.#court = court;
  }

  failed(life: Life): void {
    this.#failed.add(life);
  }

  opened(life: Life): void {
    this.#failed.delete(life);
  }

  died(life: Life): void {
    this.#failed.delete(life);
  }

  answered({ life, input, number }: Submission, answer: Answer): void {
    if (!answer.ok || !this.#failed.has(life)) return;
    this.#deny(life, `answered input ${number} (${input.kind})`);
  }

  sent({ device, message }: OutboundMessage, life: Life): void {
    if (this.#failed.has(life)) this.#deny(life, `sent ${message.kind} to ${device}`);
  }

  #deny({ number }: Life, what: string): void {
    this.#court.deny("I20", `Life ${number} ${what} after its store failed.`);
  }
}
