/**
 * I6: no message leaves before what it says is durable, and none for nothing: it is owed by the log,
 * or answers an input of its device that is being processed, or one that a broker may have lost. A
 * replay or a restart sends nothing else.
 */
import type { Answer, OutboundMessage } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveTask } from "./naive.ts";
import { hasLapsed, kindOf } from "./naive_owed.ts";
import { isBusy, isEnd, isOwed } from "./words.ts";

/** Judges what is sent. */
export class Effects implements Judge {
  readonly #court: Court;
  /** Inputs under way, by life and device. */
  readonly #pending = new Map<Life, Map<string, Set<Submission>>>();
  /** Lives whose broker has lost what devices said: those at work are answered unasked. */
  readonly #answering = new Set<Life>();
  /** What the last commit made owed, or no longer owed: it may have been sent in between. */
  #fresh = new Set<string>();
  #freshAt = -1;
  #engineAt = 0;

  constructor(court: Court) {
    this.#court = court;
  }

  submitted(submission: Submission): void {
    const { input, life } = submission;
    if (!("device" in input)) return;
    const devices = this.#pending.get(life) ?? new Map<string, Set<Submission>>();
    this.#pending.set(life, devices);
    const inputs = devices.get(input.device);
    if (inputs) inputs.add(submission);
    else devices.set(input.device, new Set([submission]));
  }

  answered(submission: Submission, _answer: Answer): void {
    const { input, life } = submission;
    if ("device" in input) this.#pending.get(life)?.get(input.device)?.delete(submission);
  }

  reachable(_isReachable: boolean, life: Life, hasForgotten = false): void {
    if (hasForgotten) this.#answering.add(life);
  }

  died(life: Life): void {
    this.#pending.delete(life);
    this.#answering.delete(life);
  }

  beforeRow({ header: { stream, outcome }, fact }: SeenRow): void {
    const { now } = this.#court.sight;
    if (this.#freshAt !== now) this.#fresh.clear();
    this.#freshAt = now;
    this.#engineAt = fact.at;
    const device = this.#court.naive.devices.get(stream.slice("device/".length));
    for (const { task, kind } of device?.owed.values() ?? []) this.#fresh.add(`${task} ${kind}`);
    for (const effect of outcome.effects) this.#fresh.add(`${effect.task} ${kindOf(effect)}`);
  }

  sent({ device, message: { kind, payload }, owed }: OutboundMessage, life: Life): void {
    if (!isOwed(kind)) {
      if (owed) this.#deny(device, kind, "bears the name of one that is owed");
      return;
    }
    const { naive, sight: { now } } = this.#court;
    const task = naive.tasks.get(String((payload as { task_id?: unknown }).task_id));
    if (!task) return this.#deny(device, kind, "is about no task");
    if (owed?.task !== task.id || owed.kind !== kind) {
      return this.#deny(device, kind, `bears the name ${JSON.stringify(owed)}`);
    }
    if (!isTrue(kind, task) || owed.attempt > task.attempt) {
      return this.#deny(device, kind, `is not true of ${task.id}: ${task.state} ${task.attempt}`);
    }
    const known = naive.devices.get(device)?.owed.get(task.id);
    const isKnown = known?.kind === kind && !hasLapsed(known, this.#engineAt);
    const isFresh = this.#freshAt === now && this.#fresh.has(`${task.id} ${kind}`);
    const isLate = kind === "metadata" && isBusy(task.state) && this.#answering.has(life);
    const isAnswer = isLate || (this.#pending.get(life)?.get(device)?.size ?? 0) > 0;
    if (!isKnown && !isFresh && !isAnswer) this.#deny(device, kind, `is not owed for ${task.id}`);
  }

  #deny(device: string, kind: string, why: string): void {
    this.#court.deny("I6", `The message ${kind} to ${device} ${why}.`);
  }
}

/** Whether what the message says is on record. */
function isTrue(kind: string, task: NaiveTask): boolean {
  switch (kind) {
    case "success":
      return task.state === "succeeded";
    case "failed":
      return isEnd(task.state) && task.state !== "succeeded" && task.state !== "cancelled";
    case "cancel":
      return task.state === "cancelled" || task.wasPreempted;
    case "retry":
      return task.attempt > 1;
    case "verified":
      // A batch may hold the digest, and what takes it back: then the message is late, not wrong.
      return task.isVerified || isEnd(task.state) || !isBusy(task.state);
    default:
      return task.wasOffered;
  }
}
