/**
 * Erased rows: personal data can be taken out of a row, and its salt with it, so that nobody finds it again
 * by guessing. A later fact holds the hash of what is left, and that fact is proved like any other.
 */
import { deviceFacts } from "./facts.ts";
import { jsonIn } from "./json_in.ts";
import type { SealedRow } from "./row.ts";

/** What stands in the place of a salt that was taken out. */
export const ERASED_SALT = "";

/** The row with no more data than that; its bytes and its hash stay, and so do all proofs. */
export function withoutData(row: SealedRow, left: string): SealedRow {
  return { ...row, data: left, salt: ERASED_SALT };
}

/** A row and what is left of its data. */
export interface Erased {
  /** The stream of the row. */
  readonly stream: string;
  /** The row's place in the log. */
  readonly seq: number;
  /** SHA-256 of the data that is left, as a checksum. */
  readonly kept: string;
}

/** Erased rows, and which of them no erasure on record has covered yet. */
export class ErasedRows {
  readonly #uncovered = new Map<number, Erased>();
  #met = 0;

  /** How many were met. */
  get met(): number {
    return this.#met;
  }

  /** The first that is not covered; `undefined`: every one is covered. */
  get first(): Erased | undefined {
    const [first] = this.#uncovered.values();
    return first;
  }

  /** How many are not covered. */
  get size(): number {
    return this.#uncovered.size;
  }

  /** Such a row was met. */
  add(row: Erased): void {
    this.#met++;
    this.#uncovered.set(row.seq, row);
  }

  /** A fact was met that says what is left of these. */
  cover(rows: readonly Erased[]): void {
    for (const { seq, stream, kept } of rows) {
      const row = this.#uncovered.get(seq);
      if (row?.stream === stream && row.kept === kept) this.#uncovered.delete(seq);
    }
  }
}

/** What the data of a `DataErased` in that stream says of rows before it; `undefined`: it is none. */
export function erasuresIn(data: string, stream: string, seq: number): Erased[] | undefined {
  const said = deviceFacts.DataErased.safeParse(jsonIn(data));
  if (!said.success || said.data.rows.some((row) => row.seq >= seq)) return undefined;
  return said.data.rows.map((row) => ({ stream, ...row }));
}
