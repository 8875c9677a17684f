/** I8: every refusal is recorded, or counted in the next one of its device that is. */
import type { Answer, Write } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

/** An engine knows so many reports again that left no fact, refused or not. */
const KNOWN_MAX = 32;

/** A refused report that may come again. */
interface RefusedReport {
  readonly id: string;
  /** Reports of its device that were answered since. */
  later: number;
}

/** What one life told one device. */
interface Refused {
  /** Refusals that no row bears yet. */
  count: number;
  /** Doubtful commits before its last row: after another one nobody knows what was noted. */
  faults: number;
  /** The last refused reports, the oldest first: their repeats are no refusals of their own. */
  readonly reports: RefusedReport[];
  /** The ids of reports that were not taken: perhaps they were refused, and are known again. */
  readonly unanswered: Set<string>;
}

/** No number of faults: nobody knows what was counted. */
const UNSURE = -1;

/** Judges that refusals are counted. */
export class Refusals implements Judge {
  readonly #court: Court;
  readonly #lives = new Map<Life, Map<string, Refused>>();
  /** Commits of each life that failed and were durable. */
  readonly #faults = new Map<Life, number>();
  /** When each life last committed. */
  readonly #committedAt = new Map<Life, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  died(life: Life): void {
    this.#lives.delete(life);
    this.#faults.delete(life);
    this.#committedAt.delete(life);
  }

  /** The refusal that is recorded is answered after its row. */
  beforeRow({ header: { seq, stream }, fact }: SeenRow, life: Life): void {
    if (fact.type !== "ReportRejected") return;
    const refused = this.#of(life, deviceOf(stream));
    const { left_out } = fact.data;
    const faults = this.#faults.get(life) ?? 0;
    if (left_out !== refused.count && refused.faults === faults) {
      this.#court.deny("I8", `Row ${seq} leaves out ${left_out} refusals, not ${refused.count}.`);
    }
    refused.count = -1;
    refused.faults = faults;
  }

  committed(_rows: readonly SeenRow[], _writes: readonly Write[], life: Life): void {
    this.#committedAt.set(life, this.#court.sight.now);
  }

  /** A commit that failed and was not durable leaves nothing to doubt. */
  failed(life: Life): void {
    if (!this.#isUnsure(life)) return;
    this.#faults.set(life, (this.#faults.get(life) ?? 0) + 1);
  }

  #isUnsure(life: Life): boolean {
    return this.#committedAt.get(life) === this.#court.sight.now;
  }

  answered({ life, input }: Submission, answer: Answer): void {
    if (input.kind === "ask") return this.#noteAsk(life, input.device, answer);
    if (input.kind !== "report") return;
    const refused = this.#of(life, input.device);
    const id = "code" in input.parsed ? undefined : input.parsed.body.id;
    if (!answer.ok) {
      if (id !== undefined && this.#isUnsure(life)) refused.unanswered.add(id);
      return;
    }
    for (const report of refused.reports) report.later++;
    const message = answer.messages.map(({ message }) => message)
      .find(({ kind }) => kind === "rejected");
    if (message?.kind !== "rejected") return;
    const before = refused.reports.find((report) => report.id === id);
    if (before && before.later <= KNOWN_MAX) return;
    if (before || id !== undefined && refused.unanswered.has(id)) refused.faults = UNSURE;
    refused.count++;
    const { code, state } = message.payload;
    // Whoever was told to say it later may say it again.
    if (id === undefined || code === "rate_limited" || state === "queued" || state === "held") {
      return;
    }
    if (before) return void (before.later = 0);
    refused.reports.push({ id, later: 0 });
    if (refused.reports.length > KNOWN_MAX) refused.reports.shift();
  }

  /** An ask that was refused is refused each time that it comes. */
  #noteAsk(life: Life, device: string, answer: Answer): void {
    const isRefused = answer.ok &&
      answer.messages.some(({ message }) => message.kind === "rejected");
    if (isRefused) this.#of(life, device).count++;
  }

  #of(life: Life, device: string): Refused {
    const devices = this.#lives.get(life) ?? new Map<string, Refused>();
    this.#lives.set(life, devices);
    const refused = devices.get(device) ??
      { count: 0, faults: 0, reports: [], unanswered: new Set<string>() };
    devices.set(device, refused);
    return refused;
  }
}
