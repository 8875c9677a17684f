/** How much is done at once. */
import { count } from "../args.ts";
import type { Flag } from "../args.ts";

/** The flag `--jobs`; left out, it is {@link jobsDefault}. */
export function jobs(help: string): Flag<number | undefined> {
  return count(`${help} [one for each core]`, undefined, 1, 256);
}

/** One for each core. */
export function jobsDefault(): number {
  return navigator.hardwareConcurrency;
}
