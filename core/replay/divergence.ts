/** Where a log does not say what deciding it again says. */

/** The first place where the log does not say what deciding it again says. */
export interface Divergence {
  /** The row as counted while reading, from 1. */
  readonly seq: number;
  /** The stream the row says it belongs to. */
  readonly stream: string;
  /** What differs: a column, a member of the row, or the read model. */
  readonly what: string;
  /** What deciding again gives. */
  readonly expected: string;
  /** What stands there. */
  readonly found: string;
}

/** What differs in a row whose place is known. */
export type Difference = Pick<Divergence, "what" | "expected" | "found">;

/** Whether it is a divergence, and not what was taken. */
export function isDivergence<T extends object>(taken: T | Divergence): taken is Divergence {
  return "what" in taken;
}

/** What was found is not what was expected. */
export function differs(what: string, expected: unknown, found: unknown): Difference {
  return { what, expected: String(expected), found: String(found) };
}
