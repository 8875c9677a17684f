/** The tree over a log that grows, as whoever makes its checkpoints needs it. */
import type { TreeHash } from "./tree.ts";

/** The tree over what is durable. */
export interface LogTree {
  /** How many rows there are. */
  readonly size: number;
  /**
   * The root over the first rows. It is looked up at once: what is appended later does not matter.
   *
   * @throws {StoreError} when it cannot be read, or there are not so many rows.
   */
  rootAt(size: number): Promise<TreeHash>;
}
