/** What a transport is worth, as one number: trust × speed × promptness. */
import { ENOUGH_BYTES_PER_S, LATE_MS, LATE_SHARE, PROMPT_MS, UNKNOWN_SCORE } from "./parameters.ts";
import type { Quality } from "./quality.ts";
import { within } from "./within.ts";

/** From 0, dead, to 1,000, nothing to wish for; what was never observed is between bad and good. */
export function scoreOf(quality: Quality): number {
  if (quality.at === 0) return UNKNOWN_SCORE;
  return Math.floor(quality.trust * speedOf(quality) * promptnessOf(quality) / 1_000_000);
}

/** The share of the score that the goodput leaves, 0 to 1,000; one that nobody measured leaves all. */
export function speedOf({ bytesPerS }: Quality): number {
  if (bytesPerS === null) return 1_000;
  return Math.min(Math.floor(bytesPerS * 1_000 / ENOUGH_BYTES_PER_S), 1_000);
}

/** The share that the round trip leaves: never so little that it alone makes a transport bad. */
function promptnessOf({ rttMs }: Quality): number {
  const lateMs = within((rttMs ?? 0) - PROMPT_MS, 0, LATE_MS - PROMPT_MS);
  return 1_000 - Math.floor((1_000 - LATE_SHARE) * lateMs / (LATE_MS - PROMPT_MS));
}
