/**
 * Which transport a device had best use, and how: what was recommended stands until there is a clear
 * reason for something else. Between two thresholds nothing switches, and whoever goes to and fro has
 * to wait longer each time.
 */
import { fetchPlan } from "./fetch_plan.ts";
import type { FetchPlan } from "./fetch_plan.ts";
import { ADJUST_FACTOR, ADJUST_MS, HOPS_MAX, TIME_MS_MAX } from "./parameters.ts";
import { remembered } from "./quality.ts";
import type { Quality } from "./quality.ts";
import type { Measured, Recommendation } from "./recommendation.ts";
import { hopsAt, switchReason } from "./switch_reason.ts";
import { within } from "./within.ts";

/** What is recommended at engine time `at`: the same object when nothing is to change. */
export function recommend(
  standing: Recommendation,
  measured: Measured,
  at: number,
): Recommendation {
  const now = within(at, standing.at, TIME_MS_MAX);
  const other = standing.transport === "http" ? "mqtt" : "http";
  const here = remembered(measured[standing.transport], now);
  const there = remembered(measured[other], now);
  const reason = measured.isListening
    ? switchReason({ standing, here, there, isHome: other === measured.home, at: now })
    : standing.transport === "mqtt"
    ? "gone"
    : undefined;
  if (reason === undefined) return adjusted(standing, here, now);
  return switched(standing, { transport: other, ...fetchPlan(there), reason }, now);
}

function switched(
  standing: Recommendation,
  next: FetchPlan & Pick<Recommendation, "transport" | "reason">,
  at: number,
): Recommendation {
  const hops = hopsAt(standing, at);
  // Going home is half of a hop to and fro, which is counted when it is left again.
  const counted = next.reason === "healed" ? Math.max(hops, 1) : Math.min(hops + 1, HOPS_MAX);
  return { ...next, at, switchedAt: at, hops: counted };
}

function adjusted(standing: Recommendation, here: Quality, at: number): Recommendation {
  if (here.bytesPerS === null || at - standing.at < ADJUST_MS) return standing;
  const plan = fetchPlan(here);
  const [less, more] = [plan.chunkBytes, standing.chunkBytes].toSorted((a, b) => a - b);
  if (more! < ADJUST_FACTOR * less!) return standing;
  return { ...standing, ...plan, reason: "adjusted", at };
}
