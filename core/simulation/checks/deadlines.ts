/**
 * L3: a deadline passes when it is due, not before; not before the engine could be reached for a
 * while; and, when all is well, at most one tick later.
 */
import type { FactOf } from "../../log/mod.ts";
import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { NaiveTask } from "./naive.ts";
import { Awake } from "./awake.ts";
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
  #isHealed = false;
  /** The last row: engine time goes on from there. */
  #last: { readonly at: number; readonly seenAt: number; readonly asleepMs: number } | undefined;
  #life: Life | undefined;
  /** Tasks that have not ended, only looked at when all is well. */
  readonly #open = new Set<NaiveTask>();

  /** When the wall clock last leapt ahead: for all that the engine knows its machine had slept. */
  #leaptAt = 0;

  constructor(court: Court) {
    this.#court = court;
    this.#awake = new Awake(() => court.sight.now);
  }

  reachable(isReachable: boolean, life: Life, _hasForgotten = false, at?: number): void {
    this.#awake.reachable(isReachable, life, at);
    this.#life = life;
  }

  froze(ms: number, life: Life, at?: number): void {
    this.#awake.froze(ms, life, at);
  }

  died(life: Life): void {
    this.#awake.died(life);
    if (this.#life === life) this.#life = undefined;
  }

  healed(): void {
    this.#isHealed = true;
  }

  beforeRow({ header: { seq }, fact }: SeenRow, life: Life): void {
    const { now, asleepMs } = this.#court.sight;
    this.#last = { at: fact.at, seenAt: now, asleepMs };
    if (fact.type === "ClockStepped" && fact.data.by_ms > 0) this.#leaptAt = now;
    if (fact.type !== "DeadlinePassed") return;
    const task = this.#court.naive.tasks.get(fact.task ?? "");
    const fault = task ? this.#faultOf(task, fact, life) : "is about no task";
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
    const { now, asleepMs } = this.#court.sight;
    const last = this.#last;
    const reachableSince = this.#life && this.#awake.since(this.#life);
    if (!this.#isHealed || !last || reachableSince === undefined) return;
    const wellSince = Math.max(reachableSince, this.#leaptAt);
    const engineNow = last.at + now - last.seenAt - (asleepMs - last.asleepMs);
    for (const task of this.#open) {
      const [due, limitMs] = latestDue(task);
      const isOverdue = engineNow > due + TICK_MS + SLACK_MS &&
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
    const [from, limitMs] = exactDue(task) ?? [undefined, shortestLimit(task)];
    if (from !== undefined && due !== from) return `of ${state} is ${due}, not ${from}`;
    if (due < task.since && state === "paused") return `was due before it was ${state}`;
    const enoughMs = Math.min(limitMs, GRACE_MS);
    const wasMs = this.#awake.longest(life, at, due);
    return wasMs < enoughMs ? `passed after ${wasMs} ms in reach, not ${enoughMs}` : undefined;
  }
}

/** When the state has lasted long enough, where that hangs on nothing but its begin. */
function exactDue({ state, since, queuedAt, policy }: NaiveTask): [number, number] | undefined {
  const { limits_ms: limits, expires_in_ms: expiresMs } = policy;
  if (state === "queued" || state === "held") return [queuedAt + expiresMs, expiresMs];
  if (state === "downloading" || state === "paused") return undefined;
  const ms = (limits as Readonly<Record<string, number>>)[state] ?? Infinity;
  return [since + ms, ms];
}

/** Progress and deferrals lead to earlier deadlines, never to later ones than this. */
function latestDue(task: NaiveTask): [number, number] {
  const { state, touchedAt, since, policy: { limits_ms: limits } } = task;
  if (state === "downloading") return [touchedAt + limits.downloading, limits.downloading];
  return exactDue(task) ?? [since + limits.paused, limits.paused];
}

function shortestLimit({ state, policy: { limits_ms: limits } }: NaiveTask): number {
  return state === "downloading" ? Math.min(limits.downloading, limits.downloading_total) : 0;
}
