/** Tries again what a network may have let fail. */
import { TokenRefused } from "./http.ts";
import { pause } from "./pause.ts";

/** Tries before the device gives it up for now. */
export const TRIES_MAX = 8;
const PAUSE_MS = 250;
const PAUSE_MAX_MS = 4_000;

/** Tries again, a little later each time; `attempt` is told which try it is, from 0. */
export async function retrying<T>(
  signal: AbortSignal,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      return await attempt(tries);
    } catch (error) {
      if (signal.aborted || error instanceof TokenRefused || tries + 1 >= TRIES_MAX) throw error;
      await pause(Math.min(PAUSE_MS * 2 ** tries, PAUSE_MAX_MS), signal);
    }
  }
}
