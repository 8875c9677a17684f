/**
 * How often a connection is asked whether it still lives: seldom on a path that has proved good, often
 * on one that loses connections or answers late. Up by steps, down by half, as congestion control does
 * (RFC 5681 §3.1), so that one bad hour is not forgotten within a minute.
 */

import { within } from "./within.ts";

/** The shortest keepalive, in seconds. */
export const KEEPALIVE_S_MIN = 30;
/** The longest keepalive, in seconds. */
export const KEEPALIVE_S_MAX = 300;

const START_S = 60;
const STEP_S = 30;
/** A path that answers later than this is not trusted with longer silence. */
const SLOW_MS = 1_000;
/** An answer is waited for so long at least, and at most. */
const ANSWER_MS_MIN = 5_000;
const ANSWER_MS_MAX = 30_000;

/** What is known of a path. */
export interface Path {
  /** Seconds of silence after which the other side is asked. */
  readonly keepaliveS: number;
  /** Smoothed round trip, milliseconds; `null`: none was measured. */
  readonly rttMs: number | null;
  /** How far round trips are from that, smoothed, milliseconds. */
  readonly varianceMs: number;
}

/** A path that nobody has measured. */
export const unknownPath: Path = { keepaliveS: START_S, rttMs: null, varianceMs: 0 };

/** An answer came after so many milliseconds (smoothed as in RFC 6298 §2). */
export function answered(path: Path, ms: number): Path {
  const { rttMs, varianceMs, keepaliveS } = path;
  const smooth = rttMs === null ? ms : Math.round((7 * rttMs + ms) / 8);
  const far = rttMs === null ? Math.round(ms / 2) : Math.abs(rttMs - ms);
  const step = smooth > SLOW_MS ? -STEP_S : STEP_S;
  return {
    keepaliveS: within(keepaliveS + step, KEEPALIVE_S_MIN, KEEPALIVE_S_MAX),
    rttMs: smooth,
    varianceMs: rttMs === null ? far : Math.round((3 * varianceMs + far) / 4),
  };
}

/** The connection was lost, or an answer never came. */
export function lost(path: Path): Path {
  const halved = Math.floor(path.keepaliveS / 2);
  return { ...path, keepaliveS: within(halved, KEEPALIVE_S_MIN, KEEPALIVE_S_MAX) };
}

/** How long an answer may take before the connection counts as lost, in milliseconds. */
export function answerMsMax({ rttMs, varianceMs }: Path): number {
  return within(4 * ((rttMs ?? ANSWER_MS_MAX) + 4 * varianceMs), ANSWER_MS_MIN, ANSWER_MS_MAX);
}
