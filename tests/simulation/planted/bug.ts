/** A bug that is planted into a copy of the engine, to see whether the simulator finds it. */

import type { FaultRates } from "../../../core/simulation/mod.ts";

/** One change of the text of one file. */
export interface Edit {
  /** From the folder `core/`. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A bug; most are one edit. */
export interface Bug {
  /** What the engine does wrong, in a few words. */
  readonly name: string;
  readonly edits: readonly Edit[];
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

/** What an edit makes of the text of its file. @throws {Error} when the text to find is not there once. */
export function edited(text: string, { file, find, replace }: Edit, name: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1) {
    throw new Error(
      `Cannot plant "${name}": core/${file} has its text ${places} times, not once. ` +
        `Change the edit along with the code.`,
    );
  }
  return text.replace(find, () => replace);
}
