/**
 * L3: a deadline passes when it is due, not before; not before the engine could be reached for a
 * while; and, when all is well, at most one tick later.
 */
import type { FactOf, Move } from "../../log/mod.ts";
import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveTask } from "./naive.ts";
import { Awake } from "./awake.ts";
import { dueOf, reasonAt } from "./naive_due.ts";
import { isEnd } from "./words.ts";

/** The engine must have been reachable for so long, or for the limit if that is shorter. */
const GRACE_MS = 300_000;
/** A deadline is noticed within one tick. */
const TICK_MS = 60_000;
/** Timers and commits take a moment. */
const SLACK_MS = 5_000;

/** Judges deadlines. */
export class DeadlinesHold implements Judge {
  readonly #court: Court;
  readonly #awake: Awake;
  /** The last row: engine time goes on from there. */
  #last: { readonly at: number; readonly seenAt: number; readonly asleepMs: number } | undefined;
  /** The newest life that can be reached: of two engines the older one decides nothing any more. */
  #life: Life | undefined;
  /** Since when nothing kept it from its deadlines; it notices a leap of the wall clock within a tick. */
  #wellSince = Infinity;
  /** How far the wall clock was ahead of the monotonic one. */
  #wallAhead: number | undefined;
  /** Tasks that have not ended. */
  readonly #open = new Set<NaiveTask>();

  constructor(court: Court) {
    this.#court = court;
    this.#awake = new Awake(() => court.sight.now);
  }

  reachable(isReachable: boolean, life: Life, _hasForgotten?: boolean, at?: number): void {
    this.#awake.reachable(isReachable, life, at);
    if (this.#life && life.number < this.#life.number) return;
    const { now } = this.#court.sight;
    // A broker that is back does not mend a store.
    if (life !== this.#life || this.#wellSince !== Infinity) this.#wellSince = now;
    this.#life = life;
  }

  froze(ms: number, life: Life, at?: number): void {
    this.#awake.froze(ms, life, at);
    if (life !== this.#life) return;
    this.#wellSince = Math.max(this.#wellSince, this.#court.sight.now + ms);
  }

  opened(life: Life): void {
    if (life === this.#life) this.#wellSince = this.#court.sight.now;
  }

  /** It takes nothing before its store was opened again. */
  failed(life: Life): void {
    if (life === this.#life) this.#wellSince = Infinity;
  }

  died(life: Life): void {
    this.#awake.died(life);
    if (this.#life === life) this.#life = undefined;
  }

  beforeRow({ header: { seq, outcome }, fact }: SeenRow, life: Life): void {
    const { now, asleepMs } = this.#court.sight;
    this.#last = { at: fact.at, seenAt: now, asleepMs };
    if (fact.type !== "DeadlinePassed") return;
    const task = this.#court.naive.tasks.get(fact.task ?? "");
    const fault = !task
      ? "is about no task"
      : this.#faultOf(task, fact, life) ?? wrongReason(task, fact, outcome.moves);
    if (fault) this.#court.deny("L3", `Row ${seq}: the deadline of ${fact.task} ${fault}.`);
  }

  afterRow({ fact, header: { outcome } }: SeenRow): void {
    const touched = [fact.task, ...outcome.moves.map(({ task }) => task)];
    for (const id of touched) {
      const task = this.#court.naive.tasks.get(id ?? "");
      if (task && isEnd(task.state)) this.#open.delete(task);
      else if (task) this.#open.add(task);
    }
  }

  minute(): void {
    const { now, asleepMs, wallAtBegin } = this.#court.sight;
    const last = this.#last;
    const wallAhead = wallAtBegin + asleepMs;
    if (wallAhead !== (this.#wallAhead ?? wallAhead)) {
      this.#wellSince = Math.max(this.#wellSince, now + TICK_MS);
    }
    this.#wallAhead = wallAhead;
    const reachableSince = this.#life && this.#awake.since(this.#life);
    if (!last || reachableSince === undefined) return;
    const wellSince = Math.max(reachableSince, this.#wellSince);
    if (now <= wellSince + TICK_MS + SLACK_MS) return;
    const engineNow = last.at + now - last.seenAt - (asleepMs - last.asleepMs);
    for (const task of this.#open) {
      const { due, limitMs } = dueOf(task);
      // What yields may go back into a queue whose time is over.
      const isOverdue = engineNow > Math.max(due, task.since) + TICK_MS + SLACK_MS &&
        now > wellSince + Math.min(limitMs, GRACE_MS) + TICK_MS + SLACK_MS;
      if (!isOverdue) continue;
      const lateMs = engineNow - due;
      this.#court.deny("L3", `${task.id} is ${task.state} still, ${lateMs} ms after its deadline.`);
    }
  }

  #faultOf(
    task: NaiveTask,
    { at, data }: FactOf<"DeadlinePassed">,
    life: Life,
  ): string | undefined {
    const { state, due } = data;
    if (at < due) return `passed ${due - at} ms too early`;
    if (state !== task.state) return `of ${state} passed while it was ${task.state}`;
    const { due: from, limitMs } = dueOf(task);
    if (due !== from) return `of ${state} is ${due}, not ${from}`;
    const enoughMs = Math.min(limitMs, GRACE_MS);
    const wasMs = this.#awake.longest(life, at, due);
    return wasMs < enoughMs ? `passed after ${wasMs} ms in reach, not ${enoughMs}` : undefined;
  }
}

/** What follows when it passes hangs on which of two limits it is. */
function wrongReason(
  task: NaiveTask,
  { data: { due } }: FactOf<"DeadlinePassed">,
  moves: readonly Move[],
): string | undefined {
  const move = moves.find((move) => move.task === task.id);
  if (!move) return "moved nothing";
  // Whether it may be taken to reboot is judged by what was given out.
  const expected = reasonAt(task, due, move.from !== "installing" && move.to === "rebooting");
  const { reason = "" } = move;
  if (expected === undefined || reason === expected) return undefined;
  return `of ${task.state} led to ${move.to} (${reason}), not for ${expected || "no reason"}`;
}
