/** A log as it is at one moment, for those who hand it on: its rows and the tree over them. */
import type { StoredCells } from "../../core/mod.ts";
import type { LeafRange, TreeHash } from "../../core/evidence/mod.ts";
import { iterate, openReadOnly, selectCells } from "./read_only.ts";
import type { Row } from "./read_only.ts";
import { TreeReader } from "./tree.ts";

/** The log of a data folder. */
export interface LogSnapshot {
  /** How many rows there are. */
  readonly count: number;
  /** Its rows in the order of `seq`, whatever stands in their cells: so many behind so many, or all. */
  rows(after?: number, count?: number): Iterable<StoredCells>;
  /** The rows of a stream. */
  rowsOf(stream: string): Iterable<StoredCells>;
  /** The hash over these rows. @throws {StoreError} when there are not so many, or they are damaged. */
  hashOf(range: LeafRange): TreeHash;
  /** Closes the database. */
  close(): void;
}

/** Opens it. @throws {Error} when there is none, or it cannot be read. */
export function openSnapshot(folder: string): LogSnapshot {
  const database = openReadOnly(folder);
  const tree = new TreeReader(database);
  const all = selectCells(database);
  const cells = (query: string, ...values: (string | number)[]) =>
    iterate(database, query, ...values) as Iterable<StoredCells & Row>;
  return {
    count: Number(database.prepare("select count(*) as n from events").get()?.n),
    rows: (after = 0, rows = -1) => cells(`${all} where seq > ? order by seq limit ?`, after, rows),
    rowsOf: (stream) => cells(`${all} where stream = ? order by version`, stream),
    hashOf: (range) => tree.hashOf(range),
    close: () => database.close(),
  };
}
