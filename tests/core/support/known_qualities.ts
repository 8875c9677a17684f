/** A recommendation that stands, and qualities to judge it by. */
import { firstRecommendation, unknownQuality } from "../../../core/network/mod.ts";
import type { Quality, Recommendation } from "../../../core/network/mod.ts";
import { BEGIN_MS } from "./made_up_network.ts";

export const KIB = 1_024;
export const MIB = 1_048_576;

/** HTTP in use for an hour, and all is well. */
export const at = BEGIN_MS + 3_600_000;
export const standing: Recommendation = {
  ...firstRecommendation("http"),
  // Nothing is adjusted so soon.
  at,
  switchedAt: at - 3_600_000,
  hops: 1,
};
export const well: Quality = {
  ...unknownQuality,
  rttMs: 50,
  bytesPerS: MIB,
  steadyBytesPerS: MIB,
  trust: 1_000,
  at,
  measuredAt: at,
  roseAt: at,
};

/** So many bytes a second, for a long time; trusted. */
export function moves(bytesPerS: number): Quality {
  return { ...well, bytesPerS, steadyBytesPerS: bytesPerS };
}

/** So many thousandths of what is enough. */
export function worth(score: number): Quality {
  return moves(Math.ceil(48 * KIB * score / 1_000));
}

/** Not slow, but not trusted. */
export function trusted(trust: number): Quality {
  return { ...well, trust };
}
