/** How long a peer may keep us waiting. */

/** All in milliseconds. */
export interface HttpLimits {
  /** Longest wait between two pieces of a JSON body. */
  readonly bodyPieceMs: number;
  /** Longest time that a whole JSON body may take. */
  readonly bodyMs: number;
  /** A download of which nothing was taken for so long is ended. */
  readonly stalledMs: number;
  /** A download counts as contact at most this often. */
  readonly heardEveryMs: number;
}

/** What holds unless a test says otherwise. */
export const HTTP_LIMITS: HttpLimits = {
  bodyPieceMs: 10_000,
  bodyMs: 30_000,
  stalledMs: 30_000,
  heardEveryMs: 1_000,
};
