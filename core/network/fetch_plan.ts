/** How a device best fetches over a transport of that quality. */
import {
  CHUNK_BYTES_LEAST,
  CHUNK_BYTES_MOST,
  CHUNK_S,
  ENOUGH_BYTES_PER_S,
  HEARTBEAT_S,
  HEARTBEAT_S_BAD,
  IN_FLIGHT_MAX,
  IN_FLIGHT_SHAKY,
  IN_FLIGHT_START,
  SHAKY_TRUST,
  UNKNOWN_SCORE,
} from "./parameters.ts";
import type { Quality } from "./quality.ts";
import { scoreOf } from "./score.ts";

/** How to fetch. */
export interface FetchPlan {
  /** Bytes of a chunk, a power of two. */
  readonly chunkBytes: number;
  /** Chunks that are asked for and not yet here. */
  readonly inFlight: number;
  /** Seconds after which a device that fetches is heard again, at the latest. */
  readonly heartbeatS: number;
}

/** The plan for a transport. */
export function fetchPlan(quality: Quality): FetchPlan {
  const chunkBytes = chunkOf(quality);
  return {
    chunkBytes,
    inFlight: inFlightOf(quality, chunkBytes),
    heartbeatS: scoreOf(quality) < UNKNOWN_SCORE ? HEARTBEAT_S_BAD : HEARTBEAT_S,
  };
}

function chunkOf({ steadyBytesPerS, trust }: Quality): number {
  const movesBytes = (steadyBytesPerS ?? ENOUGH_BYTES_PER_S) * CHUNK_S;
  // By half, not more: trust comes and goes, and alone it must not be worth an adjustment.
  const bytesMax = trust < SHAKY_TRUST ? movesBytes / 2 : movesBytes;
  let bytes = CHUNK_BYTES_LEAST;
  while (bytes < CHUNK_BYTES_MOST && 2 * bytes <= bytesMax) bytes *= 2;
  return bytes;
}

/** As many as the path holds, and one that is being asked for. */
function inFlightOf({ steadyBytesPerS, rttMs, trust }: Quality, chunkBytes: number): number {
  const most = trust < SHAKY_TRUST ? IN_FLIGHT_SHAKY : IN_FLIGHT_MAX;
  if (steadyBytesPerS === null || rttMs === null) return Math.min(IN_FLIGHT_START, most);
  // What takes longer waits behind our own chunks: more of them would only wait longer.
  const delayMs = Math.min(rttMs, CHUNK_S * 1_000);
  return Math.min(Math.ceil(steadyBytesPerS * delayMs / (1_000 * chunkBytes)) + 1, most);
}
