/** A made-up network of two transports, and a device that fetches through it as it is recommended to. */
import {
  firstRecommendation,
  observed,
  recommend,
  unknownQuality,
} from "../../../core/network/mod.ts";
import type { Measured, Observation, Quality, Recommendation } from "../../../core/network/mod.ts";
import type { Transport } from "../../../core/mod.ts";

/** When it begins: engine time is never 0. */
export const BEGIN_MS = 1_000_000_000;

/** How one transport is. */
export interface Line {
  /** What it would move; 0: nothing. */
  readonly bytesPerS: number;
  /** While it is not in use, it answers after so long, or is cut; else nothing is seen of it. */
  readonly unused?: number | "cut";
  /** It is cut instead of moving anything. */
  readonly isCut?: boolean;
}

/** Both of them, until so many seconds after the begin. */
export interface Span extends Readonly<Record<Transport, Line>> {
  readonly untilS: number;
  /** The device has no MQTT session. */
  readonly isGone?: boolean;
}

/** What became of it. */
export interface Lived {
  /** Each change as `seconds reason transport`. */
  readonly changes: readonly string[];
  /** All recommendations, the first one first. */
  readonly recommended: readonly Recommendation[];
  readonly bytes: number;
  readonly measured: Measured;
}

/** What is seen in so long of a transport that is in use, or not. */
function seen({ bytesPerS, unused, isCut }: Line, isUsed: boolean, ms: number): Observation[] {
  if (!isUsed) {
    if (unused === undefined) return [];
    return [unused === "cut" ? { kind: "cut" } : { kind: "answered", ms: unused }];
  }
  if (isCut) return [{ kind: "cut" }];
  const bytes = Math.floor(bytesPerS * ms / 1_000);
  return [bytes > 0 ? { kind: "moved", bytes, ms } : { kind: "stalled", ms }];
}

/** The device fetches all the time; each transport is looked at every so many milliseconds. */
export function live(home: Transport, spans: readonly Span[], everyMs = 1_000): Lived {
  const transports: Record<Transport, Quality> = { http: unknownQuality, mqtt: unknownQuality };
  let measured: Measured = { ...transports, isListening: true, home };
  const recommended = [firstRecommendation(home)];
  const changes: string[] = [];
  let [ms, bytes] = [0, 0];
  for (const { untilS, isGone, ...lines } of spans) {
    for (ms += everyMs; ms <= untilS * 1_000; ms += everyMs) {
      const standing = recommended.at(-1)!;
      for (const transport of ["http", "mqtt"] as const) {
        for (const one of seen(lines[transport], standing.transport === transport, everyMs)) {
          if (one.kind === "moved") bytes += one.bytes;
          transports[transport] = observed(transports[transport], one, BEGIN_MS + ms);
        }
      }
      measured = { ...transports, isListening: isGone !== true, home };
      const next = recommend(standing, measured, BEGIN_MS + ms);
      if (next === standing) continue;
      recommended.push(next);
      changes.push(`${ms / 1_000} ${next.reason} ${next.transport}`);
    }
    ms -= everyMs;
  }
  return { changes, recommended, bytes, measured };
}
