/** How long a peer may keep us waiting. */

/** In milliseconds, unless the name says otherwise. */
export interface HttpLimits {
  /** Longest wait for the head of a request, from the first byte of the connection or the head on. */
  readonly headMs: number;
  /** A connection on which nothing more is asked for so long is closed. */
  readonly keepAliveMs: number;
  /** Longest wait between two pieces of a JSON body. */
  readonly bodyPieceMs: number;
  /** Longest time that a whole JSON body may take. */
  readonly bodyMs: number;
  /** A download of which nothing was taken for so long is ended. */
  readonly stalledMs: number;
  /**
   * The slowest peer that is waited for, in bytes per second: what was given out and may still lie in
   * buffers below us lengthens `stalledMs` by the time such a peer needs for it.
   */
  readonly slowestBytesPerS: number;
  /** A download counts as contact at most this often. */
  readonly heardEveryMs: number;
  /** Who follows the log and has heard nothing for so long is told that we are here. */
  readonly aliveEveryMs: number;
}

/** What holds unless a test says otherwise. */
export const HTTP_LIMITS: HttpLimits = {
  headMs: 10_000,
  keepAliveMs: 30_000,
  bodyPieceMs: 10_000,
  bodyMs: 30_000,
  stalledMs: 30_000,
  slowestBytesPerS: 2_048,
  heardEveryMs: 1_000,
  aliveEveryMs: 15_000,
};
