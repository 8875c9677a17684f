/**
 * L2: when all is well, whoever fetches makes progress and comes to an end: over HTTP alone, over MQTT alone,
 * or by whichever is recommended.
 */
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Until then what went wrong before may still show. */
const SETTLED_MS = 3_600_000;
/** No download of a simulated device takes so long. */
const LONGEST_MS = 4 * 3_600_000;

/** Judges that downloads go on. */
export class Fetched implements Judge {
  readonly #court: Court;
  #healedAt = Infinity;
  /** When the attempts of tasks began: simulated time. */
  readonly #begun = new Map<string, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  healed(): void {
    this.#healedAt = this.#court.sight.now;
  }

  beforeRow({ header: { seq, outcome: { moves } } }: SeenRow): void {
    for (const { task: id, from, to, reason = "" } of moves) {
      if (from === "downloading") this.#judge(seq, id, reason);
      const begins = to === "offered" || to === "retrying" && from !== "paused";
      if (begins) this.#begun.set(id, this.#court.sight.now);
    }
  }

  #judge(seq: number, id: string, reason: string): void {
    const task = this.#court.naive.tasks.get(id);
    const isLate = (this.#begun.get(id) ?? 0) > this.#healedAt + SETTLED_MS;
    if (!task || !isLate || this.#court.isDead(task.device)) return;
    const { downloading_total: totalMs = 0 } = task.policy.limits_ms;
    if (reason !== "no_progress" && !(reason === "too_slow" && totalMs >= LONGEST_MS)) return;
    this.#court.deny("L2", `Row ${seq}: all is well, and the download of ${id} is ${reason}.`);
  }
}
