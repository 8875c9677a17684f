/**
 * Whom an engine answers unasked. A broker that lost its state may have lost requests with it: then
 * those at work, and those whose task ended lately, are answered as if they had asked; once, and once
 * more for what the roll call could not do.
 */
import type { Life } from "../watch.ts";
import type { Court } from "./judge.ts";

/** A roll call that nothing disturbs is over by then. */
const CALL_MS = 600_000;
/** A task that ended longer ago is none whose end its device waits for. */
const ENDED_MS = 3_600_000;

interface RollCall {
  /** When it began, or was disturbed last; it waits, however long, while nobody can be reached. */
  since: number;
  /** The last row's engine time when it began: the clock may leap meanwhile. */
  readonly at: number;
  /** How often each device was answered since. */
  readonly answers: Map<string, number>;
}

/** The roll calls of the lives. */
export class RollCalls {
  readonly #court: Court;
  readonly #calls = new Map<Life, RollCall>();
  /** Until when each life stands still, whatever its adapters are told meanwhile. */
  readonly #stillUntil = new Map<Life, number>();

  constructor(court: Court) {
    this.#court = court;
  }

  /** `at`: engine time of the last row. */
  reachable(isReachable: boolean, life: Life, hasForgotten: boolean, at: number): void {
    const call = this.#current(life);
    if (call || isReachable && hasForgotten) this.#begin(life, call?.at ?? at, isReachable);
  }

  /** It begins anew, or goes on later: what it did last it may do again. */
  disturbed(life: Life): void {
    const call = this.#current(life);
    if (call) this.#begin(life, call.at, call.since < Infinity);
  }

  froze(ms: number, life: Life): void {
    const until = this.#court.sight.now + ms;
    this.#stillUntil.set(life, Math.max(this.#stillUntil.get(life) ?? 0, until));
    const call = this.#current(life);
    if (call) call.since += ms;
  }

  died(life: Life): void {
    this.#calls.delete(life);
    this.#stillUntil.delete(life);
  }

  /** Whether the device may be answered unasked: counted as an answer. */
  takeAnswer(life: Life, device: string): boolean {
    const call = this.#current(life);
    if (!call) return false;
    const given = (call.answers.get(device) ?? 0) + 1;
    call.answers.set(device, given);
    return given <= this.#most(device, call.at - ENDED_MS - CALL_MS);
  }

  /** As one at work, and as one whose task ended. */
  #most(id: string, lately: number): number {
    const device = this.#court.naive.devices.get(id);
    let most = 1;
    for (const { since } of device?.ended.values() ?? []) if (since >= lately) most++;
    return most;
  }

  #begin(life: Life, at: number, isReachable: boolean): void {
    const goesOnAt = Math.max(this.#court.sight.now, this.#stillUntil.get(life) ?? 0);
    const since = isReachable ? goesOnAt : Infinity;
    this.#calls.set(life, { since, at, answers: new Map() });
  }

  #current(life: Life): RollCall | undefined {
    const call = this.#calls.get(life);
    return call && this.#court.sight.now <= call.since + CALL_MS ? call : undefined;
  }
}
