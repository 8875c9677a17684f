/**
 * I7: what a row says that a device said, that device is saying in that life, and of that task. I8: a
 * report of an earlier attempt is no fact.
 */
import type { AskInput, Input } from "../../engine/mod.ts";
import type { Fact } from "../../log/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

/** Judges that nobody is made to say what he did not say. */
export class Attributed implements Judge {
  readonly #court: Court;
  /** Inputs under way, by life. */
  readonly #pending = new Map<Life, Set<Submission>>();

  constructor(court: Court) {
    this.#court = court;
  }

  submitted(submission: Submission): void {
    const inputs = this.#pending.get(submission.life) ?? new Set<Submission>();
    this.#pending.set(submission.life, inputs.add(submission));
  }

  answered(submission: Submission): void {
    this.#pending.get(submission.life)?.delete(submission);
  }

  died(life: Life): void {
    this.#pending.delete(life);
  }

  beforeRow({ header: { seq, stream }, fact }: SeenRow, life: Life): void {
    const device = deviceOf(stream);
    if (fact.actor !== `device:${device}`) return;
    const { attempt } = fact.data as { attempt?: number };
    const now = this.#court.naive.tasks.get(fact.task ?? "")?.attempt;
    if (fact.type !== "MessageDelivered" && attempt !== undefined && attempt !== now) {
      this.#court.deny("I8", `Row ${seq}: ${fact.type} of attempt ${attempt} counts in ${now}.`);
    }
    for (const { input } of this.#pending.get(life) ?? []) {
      if ("device" in input && input.device === device && says(input, fact)) return;
    }
    // A download that goes on is seen when its deadline comes, and nobody says it.
    if (fact.type === "ArtifactRequested" && fact.data.given_at !== undefined) return;
    this.#court.deny("I7", `Row ${seq}: ${device} did not say ${fact.type} of ${fact.task}.`);
  }
}

/** Whether the input can be what the fact says. */
function says(input: Input, fact: Fact): boolean {
  if (input.kind === "artifact") return fact.type === "ArtifactRequested";
  if (input.kind === "delivered") {
    return fact.type === "MessageDelivered" && fact.task === input.task &&
      fact.data.kind === input.message && fact.data.attempt === input.attempt;
  }
  if (input.kind === "ask") return isAsked(input, fact);
  if (input.kind !== "report") return false;
  if (fact.type === "ReportRejected") return fact.data.report === input.report;
  // Over HTTP a report that fits confirms what its device was told before; so does any check.
  if (fact.type === "MessageDelivered") return input.via !== "mqtt";
  const { parsed } = input;
  if ("code" in parsed) return false;
  const isAbout = !("task_id" in parsed.body) || parsed.body.task_id === undefined ||
    parsed.body.task_id === fact.task;
  switch (parsed.kind) {
    case "request":
      return fact.type === "UpdateRequested" && fact.data.running === parsed.body.running &&
          (fact.data.fetch_only ?? false) === (input.via === "fetch") ||
        fact.type === "TaskQueued" && parsed.body.version === fact.data.version;
    case "progress":
      return fact.type === "ProgressReported" && isAbout;
    case "verify":
      return (fact.type === "DigestReported" || fact.type === "ChunkFailed") && isAbout &&
        fact.data.checksum === parsed.body.checksum;
    case "status":
      return fact.type === "StatusReported" && isAbout && fact.data.status === parsed.body.status;
  }
}

/** That it asks for bytes is a sign that it fetches, as a request for them over HTTP is. */
function isAsked({ ask, parsed }: AskInput, fact: Fact): boolean {
  if (fact.type === "ReportRejected") return fact.data.report === ask;
  if (fact.type !== "ArtifactRequested" || "code" in parsed) return false;
  if (parsed.kind !== "chunk/request") return false;
  const { task_id, offset, parts } = parsed.body;
  const isAbout = task_id === undefined || task_id === fact.task;
  const [first = [offset]] = parts ?? [];
  return isAbout && fact.data.from === first[0];
}
