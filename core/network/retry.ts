/** When to try again to reach something that is not there (a broker that is down, a cut line). */

/** The shortest wait. */
export const RETRY_MS_MIN = 1_000;
/** The longest wait. */
export const RETRY_MS_MAX = 120_000;

/**
 * Milliseconds to wait after so many failures in a row (from 1): twice as long each time, from
 * {@link RETRY_MS_MIN} to {@link RETRY_MS_MAX}. The upper half of it is drawn, also of the first one,
 * lest all that lost the same broker come back at once. `random` is from 0 to below 1.
 */
export function retryMs(failures: number, random: number): number {
  // Shifted no further than the longest wait needs: 32 bits end soon.
  const doubled = RETRY_MS_MIN << Math.min(Math.max(failures, 1), 7);
  const longest = Math.min(doubled, RETRY_MS_MAX);
  return Math.floor(longest / 2 + random * longest / 2);
}
