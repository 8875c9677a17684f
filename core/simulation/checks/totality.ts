/**
 * I17: whatever anybody says is answered. Nothing but faults of the store and of
 * images' files, and the word of an engine
 * that was replaced, reaches the observer; nobody is told 500, and nobody waits for ever.
 */
import { StoreError } from "../../engine/mod.ts";
import { UnreadableImage } from "../front/image_reads.ts";
import type { Answer } from "../../engine/mod.ts";
import type { Life, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** An engine that can work answers within this. */
const ANSWER_MS = 300_000;

/** Judges that no input is too odd. */
export class Totality implements Judge {
  readonly #court: Court;
  /** Inputs under way and since when, oldest first, by life. */
  readonly #pending = new Map<Life, Map<Submission, number>>();
  /** Until when (simulated time) a life stands still. */
  readonly #frozenUntil = new Map<Life, number>();
  #newest = 0;

  constructor(court: Court) {
    this.#court = court;
  }

  started({ number }: Life): void {
    this.#newest = Math.max(this.#newest, number);
  }

  submitted(submission: Submission): void {
    const { life } = submission;
    const inputs = this.#pending.get(life) ?? new Map<Submission, number>();
    this.#pending.set(life, inputs);
    const { now } = this.#court.sight;
    inputs.set(submission, Math.max(now, this.#frozenUntil.get(life) ?? 0));
  }

  froze(ms: number, life: Life): void {
    const until = Math.max(this.#frozenUntil.get(life) ?? 0, this.#court.sight.now + ms);
    this.#frozenUntil.set(life, until);
    const inputs = this.#pending.get(life);
    for (const input of inputs?.keys() ?? []) inputs!.set(input, until);
  }

  answered(submission: Submission, answer: Answer): void {
    const { life, input, number } = submission;
    this.#pending.get(life)?.delete(submission);
    const status = answer.ok ? 200 : answer.problem.status;
    if (status >= 500 && status !== 503) {
      this.#deny(`Life ${life.number} answered input ${number} (${input.kind}) with ${status}`);
    }
  }

  died(life: Life): void {
    this.#pending.delete(life);
    this.#frozenUntil.delete(life);
  }

  faulted(error: unknown, { number }: Life): void {
    if (error instanceof StoreError) {
      if (error.code !== "conflict" || number < this.#newest) return;
    } else if (error instanceof UnreadableImage) return;
    else if (String(error).includes("Another engine") && number < this.#newest) return;
    this.#deny(`Life ${number} failed: ${error instanceof Error ? error.stack : error}`);
  }

  minute(): void {
    for (const [life, inputs] of this.#pending) this.#judgeOldest(life, inputs);
  }

  ended(): void {
    this.minute();
  }

  #judgeOldest({ number }: Life, inputs: ReadonlyMap<Submission, number>): void {
    for (const [{ input, number: nth }, since] of inputs) {
      const waitedMs = this.#court.sight.now - since;
      if (waitedMs > ANSWER_MS) {
        this.#deny(
          `Life ${number} has not answered input ${nth} (${input.kind}) for ${waitedMs} ms`,
        );
      }
      return;
    }
  }

  #deny(sentence: string): void {
    this.#court.deny("I17", `${sentence}.`);
  }
}
