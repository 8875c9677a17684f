/** What decisions know besides the log: none of it is state that a replay would need. */
import type { AnsweredReports } from "./answered.ts";
import type { Notes } from "./notes.ts";

/** What surrounds the decisions of a batch. */
export interface Surroundings {
  /** Whether the device has a live subscription or an open long poll. */
  readonly isListening: (device: string) => boolean;
  /** How many refusals since the last one on record. */
  readonly leftOut: Notes<number>;
  /** Reports that left no fact. */
  readonly answered: AnsweredReports;
  /** Whether so much more of what the device asks for may wait to be sent; `undefined`: nothing is given. */
  readonly hasRoom: ((device: string, count: number) => boolean) | undefined;
  /** Whether a device may have a version that nobody ordered for it. */
  readonly deviceRequests: "allow" | "deny";
}
