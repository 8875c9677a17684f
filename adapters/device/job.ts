/** The task in hand: what the device does about the messages of it. */
import type { Metadata } from "../../core/mod.ts";
import { runAttempt } from "./attempt.ts";
import { install } from "./boot.ts";
import type { Parts } from "./parts.ts";
import { countAttempt } from "./tally.ts";
import { Work } from "./work.ts";

type Payload = Readonly<Record<string, unknown>>;

/** The work on one task at a time. */
export class Job {
  readonly #parts: Parts;
  readonly #work: Work;
  #metadata: Metadata | undefined;
  /** The task that was in hand before this one. */
  #former: string | undefined;

  /** `onFault` is told what work failed with, unless it was stopped. */
  constructor(parts: Parts, onFault: (error: unknown) => void) {
    this.#parts = parts;
    this.#work = new Work(onFault);
  }

  /** After a restart of the device its memory knows the task before the engine has named it. */
  isAbout(taskId: unknown): boolean {
    return taskId === (this.#metadata?.task_id ?? this.#parts.memory.kept.task?.id);
  }

  /** Whether the next offer came before the end of that task did: QoS 2 takes a round more than 1. */
  wasAbout(taskId: string): boolean {
    return taskId === this.#former;
  }

  /** A task it is working on already changes nothing, nor does one that was booted in vain. */
  take(metadata: Metadata): void {
    const { task } = this.#parts.memory.kept;
    const before = this.#metadata?.task_id === metadata.task_id ? this.#metadata : undefined;
    const isSame = before?.attempt === metadata.attempt &&
      before.chunk_bytes === metadata.chunk_bytes;
    if (isSame && this.#work.isBusy || task?.id === metadata.task_id && task.boot) return;
    this.#begin(metadata);
  }

  /** What to fetch again the device knows itself, from its own check. */
  retry({ task_id, attempt }: Payload): void {
    const metadata = this.#metadata;
    if (metadata?.task_id !== task_id || !(Number(attempt) > metadata!.attempt)) return;
    this.#begin({ ...metadata!, attempt: Number(attempt) });
  }

  /** The engine wants to see the new version boot. */
  goOn({ task_id }: Payload): void {
    const metadata = this.#metadata;
    if (!metadata || metadata.task_id !== task_id) return;
    this.#work.begin(() => install(this.#parts, metadata), "install");
  }

  /** A more urgent task goes first, and is offered next; false: this one is not in hand. */
  putAside({ task_id }: Payload): boolean {
    if (this.#metadata?.task_id !== task_id) return false;
    this.#metadata = undefined;
    this.#work.begin(() => this.#parts.memory.putAside(String(task_id)));
    return true;
  }

  /** Nothing is in hand any more; resolves when nothing is stored any more. */
  async drop(): Promise<void> {
    this.#metadata = undefined;
    await this.#work.stop();
  }

  #begin(metadata: Metadata): void {
    countAttempt(this.#parts.tally, metadata.task_id, metadata.attempt);
    if (this.#metadata?.task_id !== metadata.task_id) this.#former = this.#metadata?.task_id;
    this.#metadata = metadata;
    this.#work.begin((signal) => runAttempt(this.#parts, metadata, signal));
  }
}
