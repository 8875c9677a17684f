/** One seed, as it is handed to a worker and comes back: plain data. */
import type { SealedRow } from "../../../core/mod.ts";
import { simulate } from "../../../core/simulation/mod.ts";
import type {
  SimulationOptions,
  SimulationPorts,
  Violation,
} from "../../../core/simulation/mod.ts";

/** A seed to be simulated. */
export interface Assignment {
  readonly options: SimulationOptions;
  /** Whether the rows themselves are wanted. */
  readonly wantsRows: boolean;
}

/** How it ended. */
export interface Outcome {
  readonly options: SimulationOptions;
  readonly violation: Violation | undefined;
  /** How often each kind of incident happened. */
  readonly counts: Readonly<Record<string, number>>;
  readonly rowCount: number;
  /** The log, where it was wanted. */
  readonly rows: readonly SealedRow[];
  /** Tasks that ended, by the state they ended in. */
  readonly ended: Readonly<Record<string, number>>;
  /** Tasks that have not ended. */
  readonly stuck: readonly string[];
  /** Simulated milliseconds. */
  readonly ms: number;
}

/** A seed that could not be simulated to its end. */
export interface Fault {
  readonly options: SimulationOptions;
  /** Why. */
  readonly fault: string;
  /** Where that came from, if it is known. */
  readonly stack?: string | undefined;
}

/** Simulates one seed. Never throws: a worker has nobody to tell. */
export async function runSeed(
  { options, wantsRows }: Assignment,
  ports: SimulationPorts,
): Promise<Outcome | Fault> {
  try {
    const { violation, counts, rows, ended, stuck, ms } = await simulate(options, ports);
    return {
      options,
      violation,
      counts: Object.fromEntries(counts),
      rowCount: rows.length,
      rows: wantsRows ? rows : [],
      ended,
      stuck,
      ms,
    };
  } catch (error) {
    const { message, stack } = error as Error;
    return { options, fault: message ?? String(error), stack };
  }
}
