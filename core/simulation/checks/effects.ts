/**
 * I6: no message leaves before what it says is durable, and none for nothing: it is owed by the log,
 * or answers a report of its device that is being processed, or one that a broker may have lost. A
 * replay or a restart sends nothing else.
 */
import type { Answer, ChunkEnd, OutboundChunk, OutboundMessage } from "../../engine/mod.ts";
import type { RejectedPayload } from "../../protocol/mod.ts";
import { UnreadableImage } from "../front/image_reads.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import { Answering } from "./answering.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";
import type { NaiveDevice, NaiveTask } from "./naive.ts";
import { hasLapsed, kindOf } from "./naive_owed.ts";
import { mustFetch } from "./naive_running.ts";
import { Passing } from "./passing.ts";
import type { TaskView } from "./passing.ts";
import { RollCalls } from "./roll_calls.ts";
import { isTrue } from "./sayings.ts";
import type { Payload } from "./sayings.ts";
import { isBusy, isOwed } from "./words.ts";

/** Judges what is sent. */
export class Effects implements Judge {
  readonly #court: Court;
  readonly #answering = new Answering();
  readonly #rollCalls: RollCalls;
  readonly #passing: Passing;
  /** What the last commit made owed, or no longer owed: it may have been sent in between. */
  readonly #fresh = new Set<string>();
  /** Devices whose bytes nobody heard, and who were not told so yet. */
  readonly #unheard = new Set<string>();
  /** How often something could not be read that a device waits for. */
  readonly #unread = new Map<Life, number>();
  /** Devices who were granted bytes: they are told, once, when they get none. */
  readonly #granted = new Set<string>();
  #engineAt = 0;

  constructor(court: Court) {
    this.#court = court;
    this.#rollCalls = new RollCalls(court);
    this.#passing = new Passing(court);
  }

  submitted(submission: Submission): void {
    this.#answering.submitted(submission);
  }

  answered(submission: Submission, answer: Answer): void {
    this.#answering.answered(submission, answer);
    const { input } = submission;
    if (input.kind === "ask" && answer.ok) this.#granted.add(input.device);
  }

  /** Whoever asks for bytes that nobody hears, or that are too much at once, is told that. */
  chunkEnded({ device }: OutboundChunk, end: ChunkEnd): void {
    if (end === "unheard" || end === "too_large") this.#unheard.add(device);
  }

  /** And whoever asks for what cannot be read. */
  faulted(error: unknown, life: Life): void {
    if (!(error instanceof UnreadableImage)) return;
    this.#unread.set(life, (this.#unread.get(life) ?? 0) + 1);
  }

  opened(life: Life): void {
    this.#rollCalls.disturbed(life);
  }

  failed(life: Life): void {
    this.#rollCalls.disturbed(life);
  }

  froze(ms: number, life: Life): void {
    this.#rollCalls.froze(ms, life);
  }

  reachable(isReachable: boolean, life: Life, hasForgotten = false): void {
    this.#rollCalls.reachable(isReachable, life, hasForgotten, this.#engineAt);
  }

  died(life: Life): void {
    this.#answering.died(life);
    this.#unread.delete(life);
    this.#rollCalls.died(life);
  }

  beforeRow(seen: SeenRow): void {
    const { header: { stream, outcome }, fact } = seen;
    if (this.#passing.beforeRow(seen)) this.#fresh.clear();
    this.#answering.beforeRow(seen);
    this.#engineAt = fact.at;
    const device = this.#court.naive.devices.get(deviceOf(stream));
    for (const { task, kind } of device?.owed.values() ?? []) this.#fresh.add(`${task} ${kind}`);
    for (const effect of outcome.effects) this.#fresh.add(`${effect.task} ${kindOf(effect)}`);
  }

  committed(): void {
    this.#passing.committed();
  }

  sent(sent: OutboundMessage, life: Life): void {
    const { device, message: { kind, payload }, owed } = sent;
    if (!isOwed(kind)) return this.#judgeCourtesy(sent, life);
    const { naive } = this.#court;
    const task = naive.tasks.get(String((payload as { task_id?: unknown }).task_id));
    if (!task) return this.#deny(device, kind, "is about no task");
    if (owed?.task !== task.id || owed.kind !== kind) {
      return this.#deny(device, kind, `bears the name ${JSON.stringify(owed)}`);
    }
    const views = this.#passing.viewsOf(task).filter((view) =>
      owed.attempt === view.attempt && isTrue(kind, payload as Payload, view)
    );
    if (views.length === 0) {
      const { id, state, attempt, reason } = task;
      const what = `is not true of ${id}: ${state} ${reason} ${attempt}`;
      return this.#deny(device, kind, `${what}, says ${JSON.stringify(payload)}`);
    }
    if (this.#isOwedNow(task, kind, owed.attempt)) return;
    if (views.some((view) => this.#answering.isAnswer(life, kind, task, view))) return;
    const mayWait = kind === "metadata" && views.some(waits);
    if (mayWait && this.#rollCalls.takeAnswer(life, device)) return;
    this.#deny(device, kind, `is not owed for ${task.id}`);
  }

  /** Owed before or after a row of the commit of this instant, or since. */
  #isOwedNow({ id, device }: NaiveTask, kind: string, attempt: number): boolean {
    if (this.#passing.isNow && this.#fresh.has(`${id} ${kind}`)) return true;
    const known = this.#court.naive.devices.get(device)?.owed.get(id);
    return known?.kind === kind && known.attempt === attempt &&
      !hasLapsed(known, this.#engineAt);
  }

  /** Nobody is told `idle` who has something to do, nor anything that he did not ask for. */
  #judgeCourtesy({ device: id, message, owed }: OutboundMessage, life: Life): void {
    const { kind } = message;
    if (owed) return this.#deny(id, kind, "bears the name of one that is owed");
    if (kind !== "idle" && kind !== "rejected") return;
    const device = this.#court.naive.devices.get(id);
    const isIdle = kind === "idle" && device && !this.#passing.wasIdle(device);
    if (isIdle && !this.#isSpared(device, life)) {
      return this.#deny(id, kind, "is not true: it has something to do");
    }
    if (this.#answering.isAsked(life, id, kind === "idle")) return;
    if (kind === "idle" && this.#rollCalls.takeAnswer(life, id)) return;
    if (message.kind === "rejected" && this.#isOfBytes(id, message.payload, life)) return;
    this.#deny(id, kind, "answers nothing");
  }

  /** Nobody heard what was sent, it is too large, or it could not be read: whoever asks is told once. */
  #isOfBytes(device: string, { code }: RejectedPayload, life: Life): boolean {
    const isTrue = this.#unheard.delete(device) ||
      code === "rate_limited" && this.#takeUnread(life);
    return isTrue && this.#granted.delete(device);
  }

  #takeUnread(life: Life): boolean {
    const count = this.#unread.get(life) ?? 0;
    this.#unread.set(life, Math.max(0, count - 1));
    return count > 0;
  }

  /** Who only fetches is told `idle` while it has nothing to fetch. */
  #isSpared(device: NaiveDevice, life: Life): boolean {
    const task = device.open.find(({ state }) => isBusy(state));
    return task !== undefined &&
      this.#answering.checksOf(life, device.id).some((said) =>
        this.#passing.viewsOf(task).some((view) => !mustFetch(view, task, said))
      );
  }

  #deny(device: string, kind: string, why: string): void {
    this.#court.deny("I6", `The message ${kind} to ${device} ${why}.`);
  }
}

/** Whether the device may wait for an answer: one that asked for time does not. */
function waits({ state, reason }: TaskView): boolean {
  return isBusy(state) && !(state === "paused" && reason === "deferred");
}
