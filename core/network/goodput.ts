/** How much a transport moves: bytes that are new to the device, over all the time that it waited for them. */
import {
  BYTES_PER_S_MAX,
  ENOUGH_BYTES_PER_S,
  GOODPUT_MS,
  LEAP_FACTOR,
  LEAP_MS,
  STEADY_MS,
} from "./parameters.ts";

/** What a transport moves; `null`: nothing has moved. */
export interface Goodput {
  /** New bytes of an image a second, of late. */
  readonly bytesPerS: number | null;
  /** The same over a longer time. */
  readonly steadyBytesPerS: number | null;
}

/** What it moves after so many bytes more in so long. */
export function goodput(
  { bytesPerS, steadyBytesPerS }: Goodput,
  bytes: number,
  ms: number,
): Goodput {
  const before = withoutLeap(bytesPerS ?? ENOUGH_BYTES_PER_S, bytes, ms);
  return {
    bytesPerS: averaged(before, bytes, ms, GOODPUT_MS),
    steadyBytesPerS: averaged(steadyBytesPerS ?? ENOUGH_BYTES_PER_S, bytes, ms, STEADY_MS),
  };
}

/** An average in which what was observed for longer weighs more. */
function averaged(before: number, bytes: number, ms: number, overMs: number): number {
  return Math.min(Math.floor((before * overMs + bytes * 1_000) / (overMs + ms)), BYTES_PER_S_MAX);
}

/** However fast it was, what was more than enough must not hide for long that it is over. */
function withoutLeap(before: number, bytes: number, ms: number): number {
  const now = Math.min(Math.floor(bytes * 1_000 / Math.max(ms, 1)), BYTES_PER_S_MAX);
  const excess = Math.max(before - Math.max(LEAP_FACTOR * now, ENOUGH_BYTES_PER_S), 0);
  return before - Math.floor(excess * Math.min(ms, LEAP_MS) / LEAP_MS);
}
