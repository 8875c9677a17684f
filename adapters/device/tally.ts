/** What an upgrade took, while it is counted. */
import type { DeviceStats, Transport } from "./options.ts";

/** {@link DeviceStats} that grow. */
export type Tally = { -readonly [N in keyof DeviceStats]: DeviceStats[N] } & {
  chunks: number[];
  /** The attempt that was counted last: one that goes on after a reboot is not counted again. */
  last: string;
};

/** Nothing yet. */
export function newTally(): Tally {
  return {
    ...{ attempts: 0, requests: 0, bytesFetched: 0, bytesOverMqtt: 0, repeated: 0 },
    ...{ switches: 0, cuts: 0, chunks: [], last: "" },
  };
}

/** Counts the attempt, once. */
export function countAttempt(tally: Tally, taskId: string, attempt: number): void {
  const name = `${taskId} ${attempt}`;
  if (tally.last === name) return;
  tally.last = name;
  tally.attempts++;
}

/** Counts bytes of an image that came. */
export function countBytes(tally: Tally, by: Transport, bytes: number): void {
  tally.bytesFetched += bytes;
  if (by === "mqtt") tally.bytesOverMqtt += bytes;
}

/** The figures as they are now. */
export function statsOf({ last: _, chunks, ...figures }: Tally): DeviceStats {
  return { ...figures, chunks: [...chunks] };
}
