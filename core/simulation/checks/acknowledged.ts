/** I4: a report that was taken is in the log at that instant, and a repeat of it adds nothing. */
import type { Answer, ReportInput } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import { leavesNoFact } from "./factless.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

/** A device knows so many reports again. */
const KNOWN_MAX = 32;

/** What is on record of one device's reports. */
interface Taken {
  /** Every id and packet that a row bears. */
  readonly names: Set<string>;
  /** The last ids, and the last packets, oldest first. */
  readonly last: Record<"id" | "packet", string[]>;
}

/** Judges that acknowledged reports are durable. */
export class Acknowledged implements Judge {
  readonly #court: Court;
  readonly #taken = new Map<string, Taken>();
  /** Reports that are not answered yet, by device. */
  readonly #pending = new Map<string, Set<Submission>>();
  /** Those of them that may have left no fact: what they found was changed by others of their batch. */
  readonly #excused = new Set<Submission>();
  /** The engine time when each was submitted, as far as rows show it. */
  readonly #submittedAt = new WeakMap<Submission, number>();
  /** The last row: engine time goes on from there. */
  #last = { at: 0, seenAt: 0, asleepMs: 0 };
  #isOver = false;

  constructor(court: Court) {
    this.#court = court;
  }

  submitted(submission: Submission): void {
    const { input } = submission;
    if (input.kind !== "report") return;
    const { device, packet } = input;
    const pending = this.#pending.get(device) ?? new Set();
    this.#pending.set(device, pending.add(submission));
    this.#submittedAt.set(submission, this.#engineNow);
    if (!packet || packet.isRepeat) return;
    // A packet that is no repeat is another one, though a broker that has forgotten gave it that number.
    const { names, last } = this.#takenOf(device);
    names.delete(`packet ${packet.key}`);
    last.packet = last.packet.filter((key) => key !== packet.key);
  }

  died(life: Life): void {
    for (const pending of this.#pending.values()) {
      for (const submission of pending) if (submission.life === life) pending.delete(submission);
    }
  }

  committed(): void {
    this.#isOver = true;
  }

  /** At most as much as the engine knows: rows bear the time when their batch began. */
  get #engineNow(): number {
    const { now, asleepMs } = this.#court.sight;
    const { at, seenAt, asleepMs: slept } = this.#last;
    return at + now - seenAt - (asleepMs - slept);
  }

  beforeRow({ header: { seq, stream, cause }, fact: { type, data, at } }: SeenRow): void {
    // What another batch has found is no excuse.
    if (this.#isOver) this.#excused.clear();
    this.#isOver = false;
    const { now, asleepMs } = this.#court.sight;
    this.#last = { at, seenAt: now, asleepMs };
    const device = deviceOf(stream);
    for (const submission of this.#pending.get(device) ?? []) {
      if (this.#mayLeaveNoFact(submission)) this.#excused.add(submission);
    }
    const taken = this.#takenOf(device);
    for (const kind of ["id", "packet"] as const) {
      const name = (data as Readonly<Record<string, unknown>>)[kind];
      if (typeof name !== "string") continue;
      const last = taken.last[kind];
      // A wish is one report and two facts: the request, and the task that it led to.
      const isWished = type === "TaskQueued" && cause !== null && last.at(-1) === name;
      if (isWished) continue;
      if (last.includes(name)) {
        this.#deny(`Row ${seq}: the report with ${kind} ${name} is a second fact`);
      }
      taken.names.add(`${kind} ${name}`);
      last.push(name);
      if (last.length > KNOWN_MAX) last.shift();
    }
  }

  answered(submission: Submission, answer: Answer): void {
    const { input } = submission;
    if (input.kind !== "report") return;
    this.#pending.get(input.device)?.delete(submission);
    if (answer.ok) this.#judgeReport(submission, input, answer);
    else if (answer.problem.status === 503) this.#noteFailed(submission, input);
  }

  /** The commit may be durable though it failed: then what it took without a fact is known again. */
  #noteFailed(submission: Submission, { device, parsed }: ReportInput): void {
    if ("code" in parsed || parsed.body.id === undefined) return;
    if (!this.#isExcused(submission)) return;
    this.#takenOf(device).names.add(againName(submission, parsed.body.id));
  }

  #isExcused(submission: Submission): boolean {
    return this.#excused.has(submission) || this.#mayLeaveNoFact(submission);
  }

  #mayLeaveNoFact(submission: Submission): boolean {
    const { input } = submission;
    if (input.kind !== "report" || "code" in input.parsed) return true;
    const at = this.#submittedAt.get(submission) ?? 0;
    return leavesNoFact(this.#court.naive, input.device, input.parsed, at);
  }

  #judgeReport(
    submission: Submission,
    input: ReportInput,
    answer: Extract<Answer, { ok: true }>,
  ): void {
    const { number } = submission;
    const { parsed, device, packet } = input;
    if ("code" in parsed) return;
    if (answer.messages.some(({ message }) => message.kind === "rejected")) return;
    const { id } = parsed.body;
    if (id === undefined && packet === undefined) return;
    const { names } = this.#takenOf(device);
    if (names.has(`id ${id}`) || names.has(`packet ${packet?.key}`)) return;
    // An engine knows again, while it lives, what it took without a fact.
    const again = againName(submission, id);
    if (id !== undefined && names.has(again)) return;
    if (this.#isExcused(submission)) return void names.add(again);
    const said = JSON.stringify(parsed);
    this.#deny(`Input ${number} of ${device} was taken and is in no row: ${said}`);
  }

  #takenOf(device: string): Taken {
    const known = this.#taken.get(device);
    if (known) return known;
    const taken = { names: new Set<string>(), last: { id: [], packet: [] } };
    this.#taken.set(device, taken);
    return taken;
  }

  #deny(sentence: string): void {
    this.#court.deny("I4", `${sentence}.`);
  }
}

/** What an engine knows again without a row. */
function againName({ life }: Submission, id: string | undefined): string {
  return `life ${life.number}, id ${id}`;
}
