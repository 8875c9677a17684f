/**
 * One run: a fleet, its operators and an engine for some hours in which everything may go wrong; then
 * everything heals, and whatever was begun must come to its end.
 */
import type { SealedRow, Sha256 } from "../log/mod.ts";
import type { IncidentKind } from "./chance/fate.ts";
import type { FaultRates } from "./chance/faults.ts";
import type { Violation } from "./checks/judges.ts";
import { Run } from "./run.ts";

/** How to run a simulation. */
export interface SimulationOptions {
  /** Decides everything that is not decided here. */
  readonly seed: number;
  /** Devices of the fleet. */
  readonly devices: number;
  /** Hours in which everything may go wrong. */
  readonly hours: number;
  /** Upgrades that operators order in these hours. */
  readonly upgrades: number;
  /** Rates that are not drawn from the seed. */
  readonly faults?: Partial<FaultRates>;
  /** These incidents happen and no others. */
  readonly only?: readonly string[];
}

/** What a simulation needs from outside. */
export interface SimulationPorts {
  readonly sha256: Sha256;
  /** Resolves when every promise that can settle has: one turn of the event loop. */
  readonly rest: () => Promise<void>;
}

/** How a run ended. */
export interface SimulationResult {
  readonly seed: number;
  /** What does not hold; `undefined`: everything does. */
  readonly violation?: Violation;
  /** What happened that need not have happened, in order. */
  readonly incidents: readonly string[];
  readonly counts: ReadonlyMap<IncidentKind, number>;
  /** The log. */
  readonly rows: readonly SealedRow[];
  /** The hash of its last row. */
  readonly head: string;
  /** Tasks that ended, by the state they ended in. */
  readonly ended: Readonly<Record<string, number>>;
  /** Tasks that have not ended. */
  readonly stuck: readonly string[];
  /** Simulated milliseconds. */
  readonly ms: number;
}

/** Runs a simulation; the same options always give the same result. */
export async function simulate(
  options: SimulationOptions,
  ports: SimulationPorts,
): Promise<SimulationResult> {
  const run = new Run(options, ports);
  await run.play();
  return run.result();
}
