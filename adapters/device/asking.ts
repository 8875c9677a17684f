/** What a device asks for, and which chunk size it wishes for, until it is answered. */
import type { Metadata } from "../../core/mod.ts";
import type { Parts } from "./parts.ts";
import { pause } from "./pause.ts";

/** An engine that has not answered a wish for so long does not know it. */
const ANSWER_MS = 5_000;

/** The requests of one session. */
export class Asking {
  readonly #parts: Parts;
  readonly #take: (metadata: Metadata) => void;
  readonly #off: AbortSignal;
  /** The chunk size it asks for, until the engine refuses it. */
  #wish: number | undefined;
  /** An offer with another chunk size, made before the wish was heard. */
  #held: Metadata | undefined;
  #isAsking = false;
  /** Tasks that ended: of answers that come side by side the offer may be the last to be read. */
  readonly #over = new Set<string>();
  /** Counts its requests: only the newest one is waited for. */
  #turn = 0;
  /** Whether a request says where it stopped: not after the engine found that out of range. */
  #saysWhere = true;

  /** `take` is given each offer that is as wished. */
  constructor(parts: Parts, take: (metadata: Metadata) => void, off: AbortSignal) {
    this.#parts = parts;
    this.#take = take;
    this.#off = off;
    this.#wish = parts.options.chunkBytes;
  }

  /** Asks for work; what it stored of the task in hand is said along. */
  async ask(): Promise<void> {
    const { options: { product }, mode, memory, say } = this.#parts;
    const { version, task } = memory.kept;
    const turn = ++this.#turn;
    // Whoever has all of an image may run it by now, as the engine sees it: its word would take that back.
    const isOpen = task !== null && !task.boot && memory.received === task.size;
    this.#isAsking = true;
    await say("request", {
      ...(version === null || isOpen ? {} : { current_version: version }),
      ...(product === undefined ? {} : { product }),
      ...(this.#wish === undefined ? {} : { chunk_bytes: this.#wish }),
      ...(mode === "auto" ? {} : { transport: mode }),
      ...(task && this.#saysWhere ? { resume_from: memory.received } : {}),
    });
    await pause(ANSWER_MS, this.#off);
    if (turn === this.#turn && this.#held) this.#accept(this.#held);
  }

  /**
   * Takes an offer or holds it: one made at the subscription does not know the device's chunk size,
   * the answer to its request does. True when it has to ask for that.
   */
  offered(metadata: Metadata): boolean {
    if (this.#over.has(metadata.task_id)) return false;
    if (this.#wish === undefined || metadata.chunk_bytes === this.#wish) {
      this.#accept(metadata);
      return false;
    }
    this.#held = metadata;
    return !this.#isAsking;
  }

  /** The task is over: an offer of it is, too. False: that was known. */
  forget(taskId: string): boolean {
    if (this.#over.has(taskId)) return false;
    this.#over.add(taskId);
    if (this.#held?.task_id === taskId) this.#held = undefined;
    return true;
  }

  /** It was answered that there is nothing. */
  answered(): void {
    this.#isAsking = false;
  }

  /** A request that is out of range is to be made again, with less in it; false: that is not it. */
  isToRepeat(code: unknown, reason: unknown): boolean {
    if (code !== "out_of_range" || !this.#isAsking) return false;
    this.#isAsking = false;
    if (this.#saysWhere && this.#parts.memory.kept.task) {
      this.#saysWhere = false;
      return true;
    }
    if (this.#wish === undefined) return false;
    const what = `The engine does not take chunks of ${this.#wish} B: ${reason}`;
    const detail = `${what} The device takes what is offered.`;
    this.#parts.emit({ type: "state", state: "ignored", detail });
    this.#wish = undefined;
    return true;
  }

  #accept(metadata: Metadata): void {
    this.#isAsking = false;
    this.#held = undefined;
    this.#saysWhere = true;
    this.#take(metadata);
  }
}
