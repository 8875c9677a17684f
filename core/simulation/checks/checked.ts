/**
 * I2, the other way round: whoever says that it runs the image has succeeded, and whoever comes back with
 * the old one has failed. I6: a client that only fetches is given what it is to have, and nothing that it
 * would flash again and again.
 */
import type { Answer } from "../../engine/mod.ts";
import type { SeenRow, Submission } from "../watch.ts";
import { saidIn } from "./answering.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveDevice } from "./naive.ts";
import { mustFetch, saysNew, saysOld } from "./naive_running.ts";
import type { Said } from "./naive_running.ts";
import { Passing } from "./passing.ts";
import { isBusy } from "./words.ts";

/** A verify would be taken in each of them. */
const OPEN = new Set(["offered", "downloading", "paused", "retrying", "verifying"]);

/** Judges what checks lead to. */
export class Checked implements Judge {
  readonly #court: Court;
  readonly #passing: Passing;

  constructor(court: Court) {
    this.#court = court;
    this.#passing = new Passing(court);
  }

  beforeRow(seen: SeenRow): void {
    this.#passing.beforeRow(seen);
  }

  committed(): void {
    this.#passing.committed();
  }

  answered(submission: Submission, answer: Answer): void {
    const { input } = submission;
    if (input.kind !== "report" || !answer.ok) return;
    const device = this.#court.naive.devices.get(input.device);
    const messages = answer.messages.map(({ message }) => message);
    const isRefused = messages.some(({ kind }) => kind === "rejected");
    const [said] = isRefused ? [] : saidIn(submission);
    if (!device || !said) return;
    this.#judgeTask(device, said);
    const given = messages.flatMap((message) =>
      message.kind === "metadata" ? [message.payload.task_id] : []
    );
    for (const id of given) this.#judgeGiven(id, said);
    if (given.length === 0) this.#judgeNotGiven(device, said);
  }

  /** What others of its batch did with the task is no business of the check. */
  #judgeTask({ open }: NaiveDevice, said: Said): void {
    const task = open.find(({ state }) => isBusy(state));
    if (!task || this.#passing.viewsOf(task).length > 1) return;
    const { state, policy } = task;
    const isProof = policy.completion === "seen"
      ? saysNew(policy, said)
      : policy.completion === "verified" && said.running === policy.image && OPEN.has(state);
    const isSpent = policy.completion === "seen" && state === "confirming" &&
      saysOld(policy, said);
    if (isProof || isSpent) {
      this.#court.deny("I2", `${task.id} is ${state} still, after ${JSON.stringify(said)}.`);
    }
  }

  #judgeGiven(id: string, said: Said): void {
    const task = this.#court.naive.tasks.get(id);
    if (!task || this.#passing.viewsOf(task).some((view) => mustFetch(view, task, said))) {
      return;
    }
    const why = `is ${task.state}, and its device said ${JSON.stringify(said)}`;
    this.#court.deny("I6", `The image of ${id} was given, which ${why}.`);
  }

  #judgeNotGiven(device: NaiveDevice, said: Said): void {
    const task = device.open.find(({ state }) => isBusy(state));
    if (!task || this.#passing.wasIdle(device)) return;
    if (!this.#passing.viewsOf(task).every((view) => mustFetch(view, task, said))) return;
    this.#court.deny("I6", `${device.id} asked, and was not given the image of ${task.id}.`);
  }
}
