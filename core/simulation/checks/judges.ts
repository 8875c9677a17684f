/** Everything that must hold, each with a judge of its own, who sees what happens and says no. */
import type { Sha256 } from "../../log/mod.ts";
import type { Catalogue } from "../catalogue.ts";
import type { Witness } from "../watch.ts";
import type { World } from "../world.ts";

/** Something that must hold, and does not. */
export interface Violation {
  /** `I1` … `I20`, `L1` … `L4` of the invariants. */
  readonly invariant: string;
  /** What was seen. */
  readonly sentence: string;
  /** Simulated milliseconds. */
  readonly at: number;
}

/** What judges judge by. */
export interface JudgesOptions {
  readonly sha256: Sha256;
  readonly catalogue: Catalogue;
}

/** All judges; the first violation stands. */
export class Judges implements Witness {
  violation: Violation | undefined;
  isAtRest = true;
  constructor(_options: JudgesOptions) {}
  see(_world: World): void {}
  healed(): void {}
  ended(): void {}
}
