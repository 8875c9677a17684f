/** What decisions know besides the log: none of it is state that a replay would need. */
import type { LeftOut } from "./left_out.ts";

/** What surrounds the decisions of a batch. */
export interface Surroundings {
  /** Whether the device has a live subscription or an open long poll. */
  readonly isListening: (device: string) => boolean;
  /** Refusals that are not on record. */
  readonly leftOut: LeftOut;
  /** Whether a device may have a version that nobody ordered for it. */
  readonly deviceRequests: "allow" | "deny";
}
