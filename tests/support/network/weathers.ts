/** The networks that devices are tested in, by name. */
import type { Conditions } from "./conditions.ts";

/** Each as conditions. */
export const weathers = {
  /** Nothing is wrong. */
  clear: {},
  /** A round trip of 300 ms, and of ten connections one is reset. */
  far: { delayMs: 150, resetPercent: 10 },
  /** 64 kbit/s each way, for all that share the weather. */
  slow: { bytesPerS: 8_000 },
  /** 30 % of the segments are lost. */
  lossy: { lossPercent: 30 },
  /** A segment takes anything up to 2 s. */
  jittery: { jitterMs: 2_000 },
  /** Nothing passes, and nobody is told. */
  dead: { state: "dead" },
  /** Whoever connects is reset: a firewall that answers. */
  refused: { state: "refused" },
} as const satisfies Record<string, Conditions>;
