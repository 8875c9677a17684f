/** I18: engine time never goes back and never leaps ahead of every clock; steps are real ones. */
import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Smaller steps of the wall clock are none. */
const STEP_MS = 5_000;

/** How far the wall clock is ahead of the monotonic one, as a life may have seen it. */
interface Seen {
  readonly offsets: Set<number>;
  readonly first: number;
  /** The sum of its steps on record. */
  recorded: number;
  /** How often the clock moved since a step was last on record: of several the sum may be small. */
  moves: number;
  /** And before that: the row may have been decided in between. */
  movesBefore: number;
}

/** Judges engine time. */
export class EngineClock implements Judge {
  readonly #court: Court;
  readonly #lives = new Map<Life, Seen>();
  #at = 0;
  #wallAhead = 0;

  constructor(court: Court) {
    this.#court = court;
  }

  /** Its engine looks at the clock for the first time. */
  opened(life: Life): void {
    this.#look();
    if (this.#lives.has(life)) return;
    const first = this.#offset;
    this.#lives.set(life, {
      offsets: new Set([first]),
      first,
      recorded: 0,
      moves: 0,
      movesBefore: 0,
    });
  }

  died(life: Life): void {
    this.#lives.delete(life);
  }

  clockMoves(): void {
    this.#look();
  }

  beforeRow({ header: { seq, at }, fact }: SeenRow, life: Life): void {
    this.#look();
    if (at < this.#at) this.#deny(`Row ${seq} is of ${at}, before ${this.#at}`);
    this.#at = at;
    const latest = this.#wallAhead + this.#court.sight.now;
    if (at > latest) this.#deny(`Row ${seq} is of ${at}, no clock ever showed more than ${latest}`);
    if (fact.type === "ClockStepped") this.#judgeStep(seq, fact.data.by_ms, life);
  }

  #judgeStep(seq: number, byMs: number, life: Life): void {
    const seen = this.#lives.get(life);
    if (!seen) return;
    seen.recorded += byMs;
    const isStep = Math.abs(byMs) > STEP_MS || seen.moves + seen.movesBefore > 1;
    [seen.movesBefore, seen.moves] = [seen.moves, 0];
    if (isStep && seen.offsets.has(seen.first + seen.recorded)) return;
    const jumps = [...seen.offsets].map((offset) => offset - seen.first).join();
    const sum = `${byMs} ms, ${seen.recorded} in all`;
    this.#deny(`Row ${seq} has a step of ${sum}; life ${life.number} saw ${jumps}`);
  }

  get #offset(): number {
    return this.#court.sight.wallAtBegin + this.#court.sight.asleepMs;
  }

  #look(): void {
    this.#wallAhead = Math.max(this.#wallAhead, this.#court.sight.wallAtBegin);
    for (const seen of this.#lives.values()) {
      if (seen.offsets.has(this.#offset)) continue;
      seen.offsets.add(this.#offset);
      seen.moves++;
    }
  }

  #deny(sentence: string): void {
    this.#court.deny("I18", `${sentence}.`);
  }
}
