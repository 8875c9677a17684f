/** What the naive model holds: tasks, devices and images as the rows show them. */
import type { FactOf } from "../../log/mod.ts";
import type { Transport } from "../../protocol/mod.ts";
import type { Advice } from "./naive_advice.ts";
import type { Course } from "./naive_course.ts";
import type { NaiveOwed } from "./naive_owed.ts";

/** A task as the rows show it. Instants are engine time. */
export interface NaiveTask {
  readonly id: string;
  readonly device: string;
  /** As it was queued, until the device's first check settles what was left open. */
  policy: FactOf<"TaskQueued">["data"];
  readonly queuedAt: number;
  state: string;
  attempt: number;
  /** Why it is in its state. */
  reason: string | null;
  /** When its state or attempt last changed. */
  since: number;
  /** Whether its device was ever told of it. */
  wasOffered: boolean;
  /** Whether the right digest is on record, and nothing that takes it back. */
  isVerified: boolean;
  /** How many different bytes were given out in which attempt, by the last row that says so. */
  given: { readonly attempt: number; readonly bytes: number };
  /** What it was queued with. */
  readonly queuedWith: FactOf<"TaskQueued">["data"];
  /** What was known of its device then. */
  readonly queuedFor: Readonly<Pick<NaiveDevice, "isFetcher" | "isHeard">>;
  /** How far it is. */
  readonly course: Course;
}

/** A device as the rows show it. */
export interface NaiveDevice {
  readonly id: string;
  product: string | null;
  version: string | null;
  /** The chunk size that it wishes for. */
  chunkBytes: number | null;
  isRevoked: boolean;
  /** It asked last as clients do that only fetch. */
  isFetcher: boolean;
  /** The transport that it asked for last, else HTTP. */
  wishes: Transport;
  /** What was recommended to it since. */
  advice: Advice | undefined;
  /** Some row is its own word. */
  isHeard: boolean;
  /** Its tasks that have not ended, in the order in which they go. */
  open: NaiveTask[];
  /** Its tasks that have ended. */
  readonly ended: Map<string, NaiveTask>;
  /** The last of them that it was told of. */
  lastEnded: NaiveTask | undefined;
  /** What it was not told for certain, by task. */
  readonly owed: Map<string, NaiveOwed>;
}

/** An image as the rows show it. */
export type NaiveImage = FactOf<"ImageUploaded">["data"];
