/** I7: nothing of device A's tasks reaches B, and nothing that B says changes A. */
import type { OutboundMessage } from "../../engine/mod.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

/** What a device itself says; everything else of its stream is said by others. */
const OWN_WORDS = new Set([
  "UpdateRequested",
  "ArtifactRequested",
  "ProgressReported",
  "ChunkFailed",
  "DigestReported",
  "StatusReported",
  "MessageDelivered",
  "ReportRejected",
]);

/** Judges that devices are apart. */
export class Isolation implements Judge {
  readonly #court: Court;
  /** The stream of each row. */
  readonly #streams: string[] = [];

  constructor(court: Court) {
    this.#court = court;
  }

  afterRow({ header, fact }: SeenRow): void {
    const { seq, stream, cause, outcome: { moves, effects } } = header;
    this.#streams[seq] = stream;
    const device = deviceOf(stream);
    if (device === "") return;
    this.#judgeActor(seq, fact.actor, device, fact.type);
    if (cause !== null && this.#streams[cause] !== stream) {
      this.#deny(`Row ${seq} of ${stream} follows from row ${cause} of ${this.#streams[cause]}`);
    }
    for (const task of [fact.task, ...moves.map(taskOf), ...effects.map(taskOf)]) {
      const owner = task === undefined ? device : this.#court.naive.tasks.get(task)?.device;
      if (owner !== device) this.#deny(`Row ${seq} of ${stream} is about ${task} of ${owner}`);
    }
  }

  sent({ device, message: { kind, payload } }: OutboundMessage): void {
    const { task_id, last } = payload as { task_id?: string; last?: { task_id: string } };
    for (const task of [task_id, last?.task_id]) {
      if (task === undefined) continue;
      const owner = this.#court.naive.tasks.get(task)?.device;
      if (owner !== device) this.#deny(`${device} was sent ${kind} about ${task} of ${owner}`);
    }
  }

  #judgeActor(seq: number, actor: string, device: string, type: string): void {
    const isOwn = actor === `device:${device}`;
    if (!isOwn && actor !== "engine" && !actor.startsWith("operator:")) {
      this.#deny(`Row ${seq} of ${device} was caused by ${actor}`);
    }
    if (OWN_WORDS.has(type) !== isOwn && !(type === "TaskQueued" && isOwn)) {
      this.#deny(`Row ${seq} of ${device} is ${type} of ${actor}`);
    }
  }

  #deny(sentence: string): void {
    this.#court.deny("I7", `${sentence}.`);
  }
}

function taskOf({ task }: { readonly task?: string }): string | undefined {
  return task;
}
