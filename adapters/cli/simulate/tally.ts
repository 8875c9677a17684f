/** The figures of all seeds, added in the order of the seeds. */
import { terminalStates } from "../../../core/mod.ts";
import { faultsMax } from "../../../core/simulation/mod.ts";
import type { SimulationOptions, Violation } from "../../../core/simulation/mod.ts";
import type { Outcome } from "./outcome.ts";

/** A seed in which something does not hold. */
export interface ViolatedSeed {
  readonly options: SimulationOptions;
  readonly violation: Violation;
}

/** A task that has not ended. */
export interface StuckTask {
  readonly seed: number;
  readonly task: string;
}

/** What came of the seeds so far. */
export class Tally {
  seeds = 0;
  rows = 0;
  /** Simulated milliseconds. */
  ms = 0;
  readonly violations: ViolatedSeed[] = [];
  readonly stuck: StuckTask[] = [];
  /** Every last state of a task, and how many tasks ended in it. */
  readonly ended: Record<string, number> = zeros(terminalStates);
  /** Every fault, and how often it happened. */
  readonly faults: Record<string, number> = zeros(Object.keys(faultsMax));

  /** Adds a seed. */
  add({ options, violation, counts, rowCount, ended, stuck, ms }: Outcome): void {
    this.seeds++;
    this.rows += rowCount;
    this.ms += ms;
    if (violation) this.violations.push({ options, violation });
    // A run that was stopped by a violation had no time to end its tasks.
    else for (const task of stuck) this.stuck.push({ seed: options.seed, task });
    for (const [state, count] of Object.entries(ended)) this.ended[state]! += count;
    for (const fault of Object.keys(this.faults)) this.faults[fault]! += counts[fault] ?? 0;
  }

  /** Tasks that have ended, however. */
  get endedInAll(): number {
    return Object.values(this.ended).reduce((sum, count) => sum + count, 0);
  }

  /** Whether everything held, and ended. */
  get isWell(): boolean {
    return this.violations.length === 0 && this.stuck.length === 0;
  }
}

function zeros(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0]));
}
