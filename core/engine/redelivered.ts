/**
 * What a broker sends again. Of each device, what came before the last message that is on record was
 * decided then, though it left nothing there: progress too small for a fact, a refusal. To decide it
 * again would be to decide it on what came after it.
 */

/** A report that comes again. */
export interface Again<T> {
  /** The message, as the caller knows it. */
  readonly message: T;
  /** Last level of its topic. */
  readonly report: string;
  /** Of its packet. */
  readonly key: string;
}

/**
 * Those of one device that were decided before, and are acknowledged alone: `again` in the order in
 * which they come, `known` the keys of its last packets that are on record.
 */
export function decidedBefore<T>(again: readonly Again<T>[], known: readonly string[]): T[] {
  const keys = new Set(known);
  const last = again.findLastIndex(({ key }) => keys.has(key));
  // A request is answered whenever it comes: the answer to it may have been cut off, too.
  return again.slice(0, Math.max(last, 0)).filter(({ report }) => report !== "request")
    .map(({ message }) => message);
}
