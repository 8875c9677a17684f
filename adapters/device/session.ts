/** What a device makes of the engine's messages: it asks, works on what it is offered, and ends. */
import type { Metadata } from "../../core/mod.ts";
import { Asking } from "./asking.ts";
import { Background } from "./background.ts";
import { reportBoot } from "./boot.ts";
import { TokenRefused } from "./http.ts";
import { Interruption } from "./interruption.ts";
import { Job } from "./job.ts";
import type { Kept } from "./memory.ts";
import type { Parts } from "./parts.ts";
import { endOf, missedEnd } from "./task_end.ts";
import type { TaskEnd } from "./task_end.ts";

type Payload = Record<string, unknown>;

/** How a session ends: with its task, or in the middle of it. */
export type SessionEnd = TaskEnd | Interruption;

/** These refusals say that the engine has no such task any more, or none at all. */
const OVER: readonly unknown[] = ["ended", "no_task", "unknown_task"];

/** The conversation of a device from one start to the next, or to the end of its task. */
export class Session {
  readonly #parts: Parts;
  readonly #finish: (end: SessionEnd) => void;
  readonly #background = new Background(({ message }) => this.#state("waiting", message));
  readonly #job: Job;
  readonly #asking: Asking;
  /** A faulty device hears what becomes of its task, and does nothing else. */
  #isSilent = false;
  /** How a more urgent task ended, while the one that it took the place of is to come. */
  #before: TaskEnd | undefined;

  /** `finish` is called once. */
  constructor(parts: Parts, finish: (end: SessionEnd) => void) {
    this.#parts = parts;
    this.#finish = finish;
    this.#job = new Job(parts, (error) => this.#background.run(this.#recover(error)));
    this.#asking = new Asking(parts, (metadata) => this.#take(metadata), this.#background.off);
    const { memory: { kept }, faults } = parts;
    if (kept.task?.boot && faults.afterReboot === "silent") this.#fallSilent("after its reboot");
  }

  /** The link is there: says what came of a reboot, or asks for work. */
  begin(): void {
    if (this.#isSilent) return;
    this.#background.insist(async () => {
      if (!await reportBoot(this.#parts)) await this.#asking.ask();
    });
  }

  /** Takes a message; what it does not know it ignores. */
  receive(kind: string, payload: Payload): void {
    switch (kind) {
      case "success":
        return this.#end(endOf("succeeded", payload));
      case "failed":
        return this.#end(endOf("failed", payload));
      case "cancel":
        if (payload.reason === "preempted") return this.#preempted(payload);
        return this.#end(endOf("cancelled", payload));
    }
    if (this.#isSilent) return;
    switch (kind) {
      case "metadata":
        if (this.#asking.offered(payload as unknown as Metadata)) this.#ask();
        return;
      case "idle":
        return this.#idle(payload);
      case "retry":
        return this.#job.retry(payload);
      case "verified":
        return this.#job.goOn(payload);
      case "rejected":
        return this.#rejected(payload);
      case "transport":
        return this.#advised(payload);
      case "chunks":
        return void this.#parts.mail.hand(({ digests }) => digests?.(payload));
    }
  }

  /** Stops all work; resolves when nothing is stored any more. */
  async close(): Promise<void> {
    this.#background.stop();
    await this.#job.drop();
  }

  #state(state: string, detail?: string): void {
    this.#parts.emit({ type: "state", state, ...(detail === undefined ? {} : { detail }) });
  }

  #ask(): void {
    this.#background.insist(() => this.#asking.ask());
  }

  /** An offer of what it has booted already: the engine has not heard what came of that. */
  #take(metadata: Metadata): void {
    const { advice, choice, memory: { kept: { task }, hasBooted } } = this.#parts;
    if (advice.offered(metadata)) {
      choice.recommend(advice.transport, "the engine offers it so", performance.now());
    }
    if (task?.id !== metadata.task_id || !task.boot || !hasBooted) return this.#job.take(metadata);
    this.#background.insist(async () => void await reportBoot(this.#parts));
  }

  /** Nothing to do; and perhaps an outcome that was missed. */
  #idle({ last }: Payload): void {
    this.#asking.answered();
    const missed = missedEnd(last, this.#parts.memory.kept);
    if (missed) return this.#end(missed);
    if (this.#before) return this.#finish(this.#before);
    this.#state("waiting", "for an upgrade");
  }

  /** The engine has measured the network. */
  #advised(payload: Payload): void {
    const { advice, choice, mail } = this.#parts;
    const why = advice.heard(payload);
    choice.recommend(advice.transport, why, performance.now());
    mail.hand(({ advised }) => advised?.());
  }

  #preempted(payload: Payload): void {
    if (this.#job.putAside(payload)) this.#state("preempted");
  }

  #rejected({ code, reason, task_id }: Payload): void {
    this.#state("rejected", String(code));
    const isAboutIt = task_id === undefined || this.#job.isAbout(task_id);
    if (isAboutIt) this.#parts.mail.hand(({ refused }) => refused?.(String(code)));
    // The answer to a request says what became of it.
    if (this.#asking.isToRepeat(code, reason) || OVER.includes(code) && isAboutIt) this.#ask();
  }

  #end(end: TaskEnd): void {
    const { taskId } = end;
    const { kept } = this.#parts.memory;
    // An answer and the poll beside it may both tell of it.
    if (!this.#asking.forget(taskId)) return;
    const isInHand = this.#job.isAbout(taskId);
    if (!isInHand && taskId !== kept.aside?.id && !this.#job.wasAbout(taskId)) return;
    this.#state(end.outcome, end.reason);
    learn(kept, end);
    this.#background.run(isInHand ? this.#close(end) : this.#forget(taskId));
  }

  /** The device ends with its task, unless there is one to go back to. */
  async #close(end: TaskEnd): Promise<void> {
    const { memory } = this.#parts;
    await this.#job.drop();
    await memory.forget(end.taskId);
    if (!memory.kept.aside) return this.#finish(end);
    this.#before = end;
    this.#ask();
  }

  /** A task that is not in hand has ended: perhaps there is nothing to go back to any more. */
  async #forget(taskId: string): Promise<void> {
    await this.#parts.memory.forget(taskId);
    if (this.#before) this.#finish(this.#before);
  }

  #fallSilent(when: string): void {
    this.#isSilent = true;
    this.#state("silent", when);
  }

  /**
   * The work was interrupted, or the network failed. A lost link comes back by itself and the
   * device asks again; with a link that holds it asks after a while.
   */
  async #recover(error: unknown): Promise<void> {
    const { link } = this.#parts;
    if (error instanceof Interruption) return this.#interrupted(error);
    this.#state("waiting", (error as Error).message);
    await this.#background.pause();
    // A token that HTTP does not take has to stand the test of a new login.
    if (error instanceof TokenRefused) link.cut();
    else this.#ask();
  }

  #interrupted(interruption: Interruption): void {
    const { tally, link } = this.#parts;
    switch (interruption.how) {
      case "cut":
        tally.cuts++;
        this.#state("cut");
        return link.cut();
      case "silence":
        return this.#fallSilent(interruption.message);
      default:
        return this.#finish(interruption);
    }
  }
}

/** What the engine takes the device to run, so does the device. */
function learn(kept: Kept, { outcome, version }: TaskEnd): void {
  if (outcome === "succeeded" && version !== undefined) kept.version = version;
}
