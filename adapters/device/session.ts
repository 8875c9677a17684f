/** What a device makes of the engine's messages: it asks, works on what it is offered, and ends. */
import type { Metadata } from "../../core/mod.ts";
import { install, runAttempt } from "./attempt.ts";
import type { Parts } from "./attempt.ts";
import { Cut } from "./faults.ts";
import { TokenRefused } from "./http.ts";
import type { DeviceEnd } from "./options.ts";
import { pause } from "./pause.ts";
import { Work } from "./work.ts";

type Payload = Record<string, unknown>;

/** After a fault that leaves the link alone, the device asks again. */
const ASK_AGAIN_MS = 2_000;
/** An engine that has not answered a wish for so long does not know it. */
const ANSWER_MS = 5_000;

/** The conversation of one device about one task. */
export class Session {
  readonly #parts: Parts;
  readonly #finish: (end: Omit<DeviceEnd, "stats">) => void;
  readonly #off = new AbortController();
  readonly #work = new Work((error) => this.#background(this.#recover(error)));
  #metadata: Metadata | undefined;
  /** The chunk size it asks for, until the engine refuses it. */
  #wish: number | undefined;
  /** An offer with another chunk size, made before the wish was heard. */
  #held: Metadata | undefined;
  #isAsking = false;
  /** Counts its requests: only the newest one is waited for. */
  #turn = 0;
  /** Whether a request says where it stopped: not after the engine found that out of range. */
  #saysWhere = true;

  /** `finish` is called once, when the task has ended. */
  constructor(parts: Parts, finish: (end: Omit<DeviceEnd, "stats">) => void) {
    this.#parts = parts;
    this.#finish = finish;
    this.#wish = parts.options.chunkBytes;
  }

  /** Asks for work; what it stored of the task in hand is said along. */
  ask(): void {
    this.#background(this.#request());
  }

  /** Takes a message; what it does not know it ignores. */
  receive(kind: string, payload: Payload): void {
    switch (kind) {
      case "metadata":
        return this.#offered(payload as unknown as Metadata);
      case "idle":
        return this.#idle();
      case "retry":
        return this.#retry(payload);
      case "verified":
        return this.#verified(payload);
      case "success":
        return this.#end("succeeded", payload);
      case "failed":
        return this.#end("failed", payload);
      case "cancel":
        if (payload.reason === "preempted") return this.#putBack(payload);
        return this.#end("cancelled", payload);
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

  async #request(): Promise<void> {
    const { options: { product }, memory, link } = this.#parts;
    const { version, task } = memory.kept;
    const turn = ++this.#turn;
    this.#isAsking = true;
    await link.report("request", {
      ...(version === null ? {} : { current_version: version }),
      ...(product === undefined ? {} : { product }),
      ...(this.#wish === undefined ? {} : { chunk_bytes: this.#wish }),
      ...(task && this.#saysWhere ? { resume_from: memory.received } : {}),
    });
    await pause(ANSWER_MS, this.#off.signal);
    if (turn === this.#turn && this.#held) this.#take(this.#held);
  }

  /** An offer made at the subscription does not know the device's chunk size; its answer does. */
  #offered(metadata: Metadata): void {
    if (this.#wish === undefined || metadata.chunk_bytes === this.#wish) {
      return this.#take(metadata);
    }
    this.#held = metadata;
    if (!this.#isAsking) this.ask();
  }

  /** A task it is working on already changes nothing. */
  #take(metadata: Metadata): void {
    this.#isAsking = false;
    this.#held = undefined;
    const before = this.#metadata?.task_id === metadata.task_id ? this.#metadata : undefined;
    const isSame = before?.attempt === metadata.attempt &&
      before.chunk_bytes === metadata.chunk_bytes;
    if (isSame && this.#work.isBusy) return;
    this.#begin(metadata, before?.attempt !== metadata.attempt);
  }

  #begin(metadata: Metadata, isNewAttempt: boolean): void {
    if (isNewAttempt) this.#parts.tally.attempts++;
    this.#metadata = metadata;
    this.#saysWhere = true;
    this.#work.begin((signal) => runAttempt(this.#parts, metadata, signal));
  }

  #idle(): void {
    this.#isAsking = false;
    this.#state("waiting", "for an upgrade");
  }

  /** What to fetch again the device knows itself, from its own check. */
  #retry({ task_id, attempt }: Payload): void {
    const metadata = this.#metadata;
    if (metadata?.task_id !== task_id || !(Number(attempt) > metadata!.attempt)) return;
    this.#begin({ ...metadata!, attempt: Number(attempt) }, true);
  }

  #verified({ task_id }: Payload): void {
    const metadata = this.#metadata;
    if (!metadata || metadata.task_id !== task_id) return;
    this.#work.begin(() => install(this.#parts, metadata), "install");
  }

  /** A more urgent task goes first, and is offered next. */
  #putBack({ task_id }: Payload): void {
    if (this.#metadata?.task_id !== task_id) return;
    this.#metadata = undefined;
    this.#background(this.#work.stop());
    this.#state("preempted");
  }

  /** A request that is out of range is made again with less in it. */
  #rejected({ code, reason }: Payload): void {
    this.#state("rejected", String(code));
    if (code !== "out_of_range" || !this.#isAsking) return;
    this.#isAsking = false;
    if (this.#saysWhere && this.#parts.memory.kept.task) {
      this.#saysWhere = false;
    } else if (this.#wish !== undefined) {
      const what = `The engine does not take chunks of ${this.#wish} B: ${reason}`;
      this.#state("ignored", `${what} The device takes what is offered.`);
      this.#wish = undefined;
    } else return;
    this.ask();
  }

  #end(outcome: DeviceEnd["outcome"], payload: Payload): void {
    const { memory } = this.#parts;
    const taskId = String(payload.task_id);
    if (this.#held?.task_id === taskId) this.#held = undefined;
    // After a restart of the device the message may come before it has asked.
    if (taskId !== (this.#metadata?.task_id ?? memory.kept.task?.id)) return;
    const reason = payload.reason === undefined ? undefined : String(payload.reason);
    this.#state(outcome, reason);
    const keep = async () => {
      await this.#work.stop();
      if (outcome === "succeeded") memory.kept.version = String(payload.version);
      memory.kept.task = null;
      await memory.save();
      this.#finish({ outcome, taskId, ...(reason === undefined ? {} : { reason }) });
    };
    this.#background(keep());
  }

  /**
   * The network failed, on purpose or not. A lost link comes back by itself and the device asks
   * again; with a link that holds it asks after a while.
   */
  async #recover(error: unknown): Promise<void> {
    const { tally, link } = this.#parts;
    if (error instanceof Cut) {
      tally.cuts++;
      this.#state("cut");
      return link.cut();
    }
    this.#state("waiting", (error as Error).message);
    await pause(ASK_AGAIN_MS, this.#off.signal);
    // A token that HTTP does not take has to stand the test of a new login.
    if (error instanceof TokenRefused) link.cut();
    else this.ask();
  }

  /** Work beside the messages. A report that got no answer is made up for by the next request. */
  #background(work: Promise<void>): void {
    work.catch((error) => {
      if (!this.#off.signal.aborted) this.#state("waiting", (error as Error).message);
    });
  }
}
