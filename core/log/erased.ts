/**
 * Rows that lost their personal text. Nothing else of them is in doubt; that it was an erasure, a later fact
 * of their stream says.
 */
import { deviceFacts } from "./facts.ts";
import { jsonIn } from "./json_in.ts";
import type { SealedRow } from "./row.ts";

/** The row without its personal text; all else stays, and so do all proofs. */
export function withoutPersonal(row: SealedRow): SealedRow {
  return { ...row, personal: null };
}

/** A row that lost its personal text. */
export interface Erased {
  /** The stream of the row. */
  readonly stream: string;
  /** The row's place in the log. */
  readonly seq: number;
  /** The row's place in its stream. */
  readonly version: number;
}

/** What a fact says: all personal texts of a stream up to that version were erased. */
export interface Erasure {
  /** The stream of the device. */
  readonly stream: string;
  /** The last of the versions. */
  readonly through: number;
}

/** Erased rows, and which of them no erasure on record has covered yet. */
export class ErasedRows {
  /** By their streams, in the order of their versions. */
  readonly #uncovered = new Map<string, Erased[]>();
  #met = 0;

  /** How many were met. */
  get met(): number {
    return this.#met;
  }

  /** The first that is not covered; `undefined`: every one is covered. */
  get first(): Erased | undefined {
    const firsts = [...this.#uncovered.values()].map(([first]) => first!);
    return firsts.reduce<Erased | undefined>(
      (first, row) => first && first.seq < row.seq ? first : row,
      undefined,
    );
  }

  /** How many are not covered. */
  get size(): number {
    return this.#uncovered.values().reduce((sum, rows) => sum + rows.length, 0);
  }

  /** Such a row was met, after those of its stream before it. */
  add(row: Erased): void {
    this.#met++;
    const rows = this.#uncovered.get(row.stream);
    if (rows) rows.push(row);
    else this.#uncovered.set(row.stream, [row]);
  }

  /** A fact was met that says so. */
  cover({ stream, through }: Erasure): void {
    const left = this.#uncovered.get(stream)?.filter(({ version }) => version > through) ?? [];
    if (left.length > 0) this.#uncovered.set(stream, left);
    else this.#uncovered.delete(stream);
  }
}

/** What the data of a `DataErased` says that is that row of its stream; `undefined`: it is none. */
export function erasureIn(data: string, stream: string, version: number): Erasure | undefined {
  const said = deviceFacts.DataErased.safeParse(jsonIn(data));
  if (!said.success || said.data.through >= version) return undefined;
  return { stream, through: said.data.through };
}
