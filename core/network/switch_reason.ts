/** Why a device is to leave its transport for the other one now, if it is. */
import {
  CALM_MS,
  DEAD_SCORE,
  DWELL_MS,
  DWELL_MS_MAX,
  FASTER_FACTOR,
  FORGET_MS,
  GOODPUT_MS,
  HIGH_SCORE,
  HOPS_MAX,
  LOW_SCORE,
  RETRY_MS,
  RETURN_MS,
} from "./parameters.ts";
import type { Quality } from "./quality.ts";
import type { Recommendation, RecommendationReason } from "./recommendation.ts";
import { scoreOf, speedOf } from "./score.ts";
import { within } from "./within.ts";

/** What a switch is decided by. */
export interface Choice {
  /** What stands. */
  readonly standing: Recommendation;
  /** What is known of the transport in use. */
  readonly here: Quality;
  /** And of the other one. */
  readonly there: Quality;
  /** Whether the other one is where the device goes back to. */
  readonly isHome: boolean;
  /** Engine time, milliseconds. */
  readonly at: number;
}

/** The reason, or `undefined`: it stays. The other one can be reached, as far as is known. */
export function switchReason(choice: Choice): RecommendationReason | undefined {
  return scoreOf(choice.here) < LOW_SCORE ? reasonToLeave(choice) : reasonForBetter(choice);
}

function reasonToLeave(choice: Choice): RecommendationReason | undefined {
  const { standing, here, there, at } = choice;
  const hops = hopsAt(standing, at);
  if (isWithin(Math.min(doubled(DWELL_MS, hops), DWELL_MS_MAX), standing, at)) return undefined;
  const isDead = scoreOf(here) < DEAD_SCORE;
  const isGood = there.at === 0 || scoreOf(there) >= (isDead ? LOW_SCORE : HIGH_SCORE);
  if (isGood && isMeasuredOrWorthATry(choice)) return troubleOf(here);
  // Nothing is lost by trying again what was bad when it was last seen.
  const retryMs = Math.min(doubled(RETRY_MS, hops), FORGET_MS);
  if (isDead && at - there.at >= retryMs) return troubleOf(here);
  // What fails before anything moved has no goodput: it counts as none.
  return isFaster(there, here, here.bytesPerS ?? 0) ? "faster" : undefined;
}

/** One that is not bad is left only for what is surely better, and not soon. */
function reasonForBetter(choice: Choice): RecommendationReason | undefined {
  const { standing, here, there, at } = choice;
  if (isWithin(doubled(RETURN_MS, hopsAt(standing, at)), standing, at)) return undefined;
  if (isHealed(choice) && isMeasuredOrWorthATry(choice)) return "healed";
  if (here.bytesPerS === null || here.steadyBytesPerS === null) return undefined;
  // A short pause of this one must not make the other look faster.
  const bytesPerS = Math.max(here.bytesPerS, here.steadyBytesPerS);
  return isFaster(there, here, bytesPerS) ? "faster" : undefined;
}

function isHealed({ standing, here, there, isHome }: Choice): boolean {
  if (!isHome || there.at <= standing.switchedAt || scoreOf(there) < HIGH_SCORE) return false;
  return there.bytesPerS === null || FASTER_FACTOR * there.bytesPerS >= (here.bytesPerS ?? 0);
}

/** Whether it is known what the other moves, or long enough forgotten, or never was. */
function isMeasuredOrWorthATry({ standing, there, at }: Choice): boolean {
  const { bytesPerS, measuredAt, stalledMs } = there;
  if (bytesPerS !== null || measuredAt === 0) return true;
  const forgetMs = stalledMs > 0 ? RETRY_MS : FORGET_MS;
  return at - measuredAt > doubled(forgetMs, hopsAt(standing, at));
}

/** Whether the other surely moves far more than so many bytes a second, and is no worse else. */
function isFaster(there: Quality, here: Quality, bytesPerS: number): boolean {
  if (there.bytesPerS === null || there.steadyBytesPerS === null) return false;
  const surely = Math.min(there.bytesPerS, there.steadyBytesPerS);
  const score = Math.max(Math.min(scoreOf(here), HIGH_SCORE), DEAD_SCORE);
  return surely >= FASTER_FACTOR * bytesPerS && scoreOf(there) >= score;
}

function troubleOf(quality: Quality): RecommendationReason {
  if (quality.stalledMs >= GOODPUT_MS) return "stalled";
  return quality.trust < speedOf(quality) ? "unreliable" : "slow";
}

/** The hops that still count at engine time `at`. */
export function hopsAt({ hops, switchedAt }: Recommendation, at: number): number {
  return within(hops - Math.floor((at - switchedAt) / CALM_MS), 0, HOPS_MAX);
}

/** Whether the last switch, if there was one, is not so long ago. */
function isWithin(ms: number, { switchedAt }: Recommendation, at: number): boolean {
  return switchedAt > 0 && at - switchedAt < ms;
}

/** So long, and twice as long for each hop but the first. */
function doubled(ms: number, hops: number): number {
  return ms << Math.max(hops - 1, 0);
}
