/** A bug that is planted into a copy of the engine, to see whether the simulator finds it. */

import type { FaultRates } from "../../../core/simulation/mod.ts";
import type { Change } from "../../support/edited_core.ts";

/** A bug, by what the engine does wrong. */
export interface Bug extends Change {
  /** The invariants that may be what shows it. */
  readonly finds: readonly string[];
  /** Rates of the faults that it needs to show, where most seeds draw few of them. */
  readonly faults?: Partial<FaultRates>;
}

/** A bug that is one edit. */
export function bug(
  name: string,
  finds: readonly string[],
  file: string,
  find: string,
  replace: string,
  faults: Partial<FaultRates> = {},
): Bug {
  return { name, finds, edits: [{ file, find, replace }], faults };
}
