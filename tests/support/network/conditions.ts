/** What a network is like, as data; what it does to bytes is said in the files that do it. */

/** Which way bytes go: up, to the target, or down, what comes back. */
export type Way = "up" | "down";

/** What one way is like; whatever is not said is as good as it gets. */
export interface WayConditions {
  /** How long a byte is under way, in milliseconds; a round trip is the sum of both ways. */
  readonly delayMs?: number;
  /** A segment takes up to so many milliseconds more; within a connection none overtakes another. */
  readonly jitterMs?: number;
  /** So many segments of a hundred are lost, and come after a retransmission timeout. */
  readonly lossPercent?: number;
  /** What all connections through this weather share, fairly, in bytes per second. */
  readonly bytesPerS?: number;
  /** What each connection has at most, in bytes per second. */
  readonly connectionBytesPerS?: number;
}

/**
 * Whether anything passes at all. Dead: nothing does, in no direction, and nobody is told; what was under
 * way comes when the link lives again, as TCP would send it again. Refused: whoever comes is reset, and
 * whoever is there.
 */
export type LinkState = "open" | "dead" | "refused";

/** What a network is like; `up` and `down` say what differs from what holds both ways. */
export interface Conditions extends WayConditions {
  readonly state?: LinkState;
  /**
   * So many connections of a hundred are reset, each at a byte of its own in the first MiB of what comes
   * back, if it gets that far; which and where does not change with the weather.
   */
  readonly resetPercent?: number;
  /** Each connection ends cleanly when so many bytes of it came back. */
  readonly cutAfterBytes?: number;
  readonly up?: WayConditions;
  readonly down?: WayConditions;
}

/** The best there is. */
const perfect: Required<WayConditions> = {
  delayMs: 0,
  jitterMs: 0,
  lossPercent: 0,
  bytesPerS: Infinity,
  connectionBytesPerS: Infinity,
};

/** What one way is like under these conditions. */
export function conditionsOf(way: Way, conditions: Conditions): Required<WayConditions> {
  const { delayMs, jitterMs, lossPercent, bytesPerS, connectionBytesPerS } = {
    ...perfect,
    ...conditions,
    ...conditions[way],
  };
  return { delayMs, jitterMs, lossPercent, bytesPerS, connectionBytesPerS };
}
