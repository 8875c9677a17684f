/** What may be recommended to a device, why, and what that rests on. */
import type { Transport } from "../protocol/reports.ts";
import { fetchPlan } from "./fetch_plan.ts";
import type { FetchPlan } from "./fetch_plan.ts";
import { unknownQuality } from "./quality.ts";
import type { Quality } from "./quality.ts";

/** Why a recommendation was made: a fixed list, as it stands in the log. */
export const recommendationReasons = [
  /** Nothing is known yet. */
  "first",
  /** The transport that was left moves too little, or answers too late. */
  "slow",
  /** It is cut, or the same bytes are fetched again and again. */
  "unreliable",
  /** Nothing moves on it. */
  "stalled",
  /** The device has no MQTT session any more. */
  "gone",
  /** The other moves far more. */
  "faster",
  /** The transport that the device asked for is good again. */
  "healed",
  /** The same transport, and chunks of another size. */
  "adjusted",
] as const;

/** A word of the list. */
export type RecommendationReason = (typeof recommendationReasons)[number];

/** The recommendation that stands. Times are engine time, milliseconds; 0: never. */
export interface Recommendation extends FetchPlan {
  /** How to fetch the bytes. */
  readonly transport: Transport;
  /** Why it was made. */
  readonly reason: RecommendationReason;
  /** When it was made. */
  readonly at: number;
  /** When the transport was last another one. */
  readonly switchedAt: number;
  /** How often it was left of late, 0 to 6: the more often, the longer the next stay. */
  readonly hops: number;
}

/** What is known of a device's transports. */
export interface Measured extends Readonly<Record<Transport, Quality>> {
  /** Whether the device has a live MQTT session, or counts as if. */
  readonly isListening: boolean;
  /** Where it goes back to: what the device asked for, else `http`. */
  readonly home: Transport;
}

/** What is recommended before anything is known. */
export function firstRecommendation(home: Transport): Recommendation {
  const plan = fetchPlan(unknownQuality);
  return { transport: home, ...plan, reason: "first", at: 0, switchedAt: 0, hops: 0 };
}
