/** What a device makes of the engine's messages: it asks, works on what it is offered, and ends. */
import type { Metadata } from "../../core/mod.ts";
import { Asking } from "./asking.ts";
import { runAttempt } from "./attempt.ts";
import { install, reportBoot } from "./boot.ts";
import { TokenRefused } from "./http.ts";
import { Interruption } from "./interruption.ts";
import type { DeviceEnd } from "./options.ts";
import type { Parts } from "./parts.ts";
import { pause } from "./pause.ts";
import { countAttempt } from "./tally.ts";
import { Work } from "./work.ts";

type Payload = Record<string, unknown>;

/** How a session ends: with its task, or in the middle of it. */
export type SessionEnd = Omit<DeviceEnd, "stats"> | Interruption;

/** After a fault that leaves the link alone, the device asks again. */
const ASK_AGAIN_MS = 2_000;

/** These refusals say that the engine has no such task any more, or none at all. */
const OVER: readonly unknown[] = ["ended", "no_task", "unknown_task"];

/** The conversation of a device from one start to the next, or to the end of its task. */
export class Session {
  readonly #parts: Parts;
  readonly #finish: (end: SessionEnd) => void;
  readonly #off = new AbortController();
  readonly #work = new Work((error) => this.#background(this.#recover(error)));
  readonly #asking: Asking;
  #metadata: Metadata | undefined;
  /** A faulty device hears what becomes of its task, and does nothing else. */
  #isSilent = false;
  /** How a more urgent task ended, while the one that it took the place of is to come. */
  #before: SessionEnd | undefined;

  /** `finish` is called once. */
  constructor(parts: Parts, finish: (end: SessionEnd) => void) {
    this.#parts = parts;
    this.#finish = finish;
    this.#asking = new Asking(parts, (metadata) => this.#take(metadata), this.#off.signal);
    const { memory: { kept }, faults } = parts;
    if (kept.task?.boot && faults.afterReboot === "silent") this.#fallSilent("after its reboot");
  }

  /** The link is there: says what came of a reboot, or asks for work. */
  begin(): void {
    if (!this.#isSilent) this.#background(this.#begin());
  }

  async #begin(): Promise<void> {
    if (!await reportBoot(this.#parts)) await this.#asking.ask();
  }

  /** Takes a message; what it does not know it ignores. */
  receive(kind: string, payload: Payload): void {
    switch (kind) {
      case "success":
        return this.#end("succeeded", payload);
      case "failed":
        return this.#end("failed", payload);
      case "cancel":
        if (payload.reason === "preempted") return this.#putAside(payload);
        return this.#end("cancelled", payload);
    }
    if (this.#isSilent) return;
    switch (kind) {
      case "metadata":
        if (this.#asking.offered(payload as unknown as Metadata)) this.#ask();
        return;
      case "idle":
        return this.#idle(payload);
      case "retry":
        return this.#retry(payload);
      case "verified":
        return this.#verified(payload);
      case "rejected":
        return this.#rejected(payload);
    }
  }

  /** Stops all work; resolves when nothing is stored any more. */
  async close(): Promise<void> {
    this.#off.abort(new Error("The device is switched off"));
    await this.#work.stop();
  }

  #state(state: string, detail?: string): void {
    this.#parts.emit({ type: "state", state, ...(detail === undefined ? {} : { detail }) });
  }

  #ask(): void {
    this.#background(this.#asking.ask());
  }

  /** A task it is working on already changes nothing, nor does one that was booted in vain. */
  #take(metadata: Metadata): void {
    const { task } = this.#parts.memory.kept;
    if (task?.id === metadata.task_id && task.boot) return this.#state("waiting", "after a reboot");
    const before = this.#metadata?.task_id === metadata.task_id ? this.#metadata : undefined;
    const isSame = before?.attempt === metadata.attempt &&
      before.chunk_bytes === metadata.chunk_bytes;
    if (isSame && this.#work.isBusy) return;
    this.#attempt(metadata);
  }

  #attempt(metadata: Metadata): void {
    countAttempt(this.#parts.tally, metadata.task_id, metadata.attempt);
    this.#metadata = metadata;
    this.#work.begin((signal) => runAttempt(this.#parts, metadata, signal));
  }

  /** Nothing to do; and perhaps an outcome that was missed. */
  #idle({ last }: Payload): void {
    this.#asking.answered();
    const { task, aside } = this.#parts.memory.kept;
    const { task_id, state, version } = (last ?? {}) as Payload;
    const isMissed = task_id !== undefined && (task_id === task?.id || task_id === aside?.id);
    if (isMissed) return this.#end(outcomeOf(state), { task_id, version, reason: state });
    if (this.#before) return this.#finish(this.#before);
    this.#state("waiting", "for an upgrade");
  }

  /** What to fetch again the device knows itself, from its own check. */
  #retry({ task_id, attempt }: Payload): void {
    const metadata = this.#metadata;
    if (metadata?.task_id !== task_id || !(Number(attempt) > metadata!.attempt)) return;
    this.#attempt({ ...metadata!, attempt: Number(attempt) });
  }

  #verified({ task_id }: Payload): void {
    const metadata = this.#metadata;
    if (!metadata || metadata.task_id !== task_id) return;
    this.#work.begin(() => install(this.#parts, metadata), "install");
  }

  /** A more urgent task goes first, and is offered next; what is stored of this one is kept. */
  #putAside({ task_id }: Payload): void {
    if (this.#metadata?.task_id !== task_id) return;
    this.#metadata = undefined;
    this.#work.begin(() => this.#parts.memory.putAside(String(task_id)));
    this.#state("preempted");
  }

  #rejected({ code, reason, task_id }: Payload): void {
    this.#state("rejected", String(code));
    const isAboutIt = task_id === undefined || task_id === this.#parts.memory.kept.task?.id;
    // The answer to a request says what became of it.
    if (this.#asking.isToRepeat(code, reason) || OVER.includes(code) && isAboutIt) this.#ask();
  }

  #end(outcome: DeviceEnd["outcome"], payload: Payload): void {
    const { kept } = this.#parts.memory;
    const taskId = String(payload.task_id);
    this.#asking.forget(taskId);
    // After a restart of the device the message may come before it has asked.
    const isIts = taskId === (this.#metadata?.task_id ?? kept.task?.id);
    if (!isIts && taskId !== kept.aside?.id) return;
    const reason = payload.reason === undefined ? undefined : String(payload.reason);
    this.#state(outcome, reason);
    const end = { outcome, taskId, ...(reason === undefined ? {} : { reason }) };
    this.#background(isIts ? this.#close(end, payload) : this.#parts.memory.forget(taskId));
  }

  /** Ends with the task, unless there is one to go back to. */
  async #close(end: Omit<DeviceEnd, "stats">, { version }: Payload): Promise<void> {
    const { memory } = this.#parts;
    this.#metadata = undefined;
    await this.#work.stop();
    if (end.outcome === "succeeded") memory.kept.version = String(version);
    await memory.forget(end.taskId);
    if (!memory.kept.aside) return this.#finish(end);
    this.#before = end;
    await this.#asking.ask();
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
    await pause(ASK_AGAIN_MS, this.#off.signal);
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

  /** Work beside the messages. A report that got no answer is made up for by the next request. */
  #background(work: Promise<void>): void {
    work.catch((error) => {
      if (!this.#off.signal.aborted) this.#state("waiting", (error as Error).message);
    });
  }
}

/** The outcome of a task in that state. */
function outcomeOf(state: unknown): DeviceEnd["outcome"] {
  return state === "succeeded" || state === "cancelled" ? state : "failed";
}
