/**
 * Erased rows: personal data can be taken out of a row, and its salt with it, so that nobody finds it again
 * by guessing. A later fact holds the hash of what is left, and that fact is proved like any other.
 */
import { deviceFacts } from "../log/mod.ts";

/** What stands in the place of a salt that was taken out. */
export const ERASED_SALT = "";

/** A row and what is left of its data. */
export interface Erased {
  readonly stream: string;
  readonly seq: number;
  /** SHA-256 of the data that is left, as a checksum. */
  readonly kept: string;
}

/** What the data of a `DataErased` in that stream says of rows before it; `undefined`: it is none. */
export function erasuresIn(data: string, stream: string, seq: number): Erased[] | undefined {
  const said = deviceFacts.DataErased.safeParse(parse(data));
  if (!said.success || said.data.rows.some((row) => row.seq >= seq)) return undefined;
  return said.data.rows.map((row) => ({ stream, ...row }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
