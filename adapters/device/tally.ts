/** What an upgrade took, while it is counted. */
import type { DeviceStats } from "./options.ts";

/** {@link DeviceStats} that grow. */
export type Tally = { -readonly [N in keyof DeviceStats]: DeviceStats[N] } & { chunks: number[] };

/** Nothing yet. */
export function newTally(): Tally {
  return { attempts: 0, requests: 0, bytesFetched: 0, cuts: 0, chunks: [] };
}
