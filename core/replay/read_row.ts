/** Reads a stored row that anybody may have tampered with: data in, a checked row or what is wrong. */
import { z } from "zod";
import { canonicalJson, factSchemas, isInOrder } from "../log/mod.ts";
import type { ExportedRow, Fact, FactType, RowHeader } from "../log/mod.ts";

/** A row as it was found: any value may stand in any cell. */
export interface StoredCells {
  /** The place in the log. */
  readonly seq: unknown;
  /** The stream. */
  readonly stream: unknown;
  /** The place in the stream. */
  readonly version: unknown;
  /** The canonical row. */
  readonly bytes: unknown;
  /** The canonical data. */
  readonly data: unknown;
  /** The salt. */
  readonly salt: unknown;
  /** The hash. */
  readonly hash: unknown;
}

/** An exported row has no cells for its place: the row's own word is all there is. */
export function placedRow(row: ExportedRow): StoredCells {
  const said = parse(String(row.bytes));
  const { seq, stream = "unknown", version } = Object(said) as Partial<StoredCells>;
  return { seq, stream, version, ...row };
}

/** A row whose shape was checked; whether it is true is not known yet. */
export interface ReadRow {
  readonly header: RowHeader;
  readonly fact: Fact;
  readonly salt: string;
  /** Whether `bytes` are the canonical JSON of the header. */
  readonly isCanonical: boolean;
}

/** What is wrong with the shape of a row. */
export interface Unreadable {
  /** Which cell, or member of the row. */
  readonly what: string;
  /** What should stand there. */
  readonly expected: string;
  /** What stands there. */
  readonly found: string;
}

const headerSchema = z.strictObject({
  log: z.string(),
  seq: z.int(),
  epoch: z.int(),
  stream: z.string(),
  version: z.int(),
  prev: z.string().nullable(),
  cause: z.int().nullable(),
  at: z.int(),
  actor: z.string(),
  type: z.string(),
  v: z.int(),
  task: z.string().optional(),
  data: z.string(),
  outcome: z.strictObject({
    effects: z.array(z.record(z.string(), z.string())),
    moves: z.array(z.record(z.string(), z.union([z.string(), z.int(), z.null()]))),
  }),
});

/** Parses the cells. Never throws. */
export function readRow(cells: StoredCells): ReadRow | Unreadable {
  const { bytes, data, salt } = cells;
  if (typeof bytes !== "string") return unreadable("bytes", "canonical JSON", bytes);
  if (typeof data !== "string") return unreadable("data", "canonical JSON", data);
  if (typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) {
    return unreadable("salt", "32 hexadecimal digits", salt);
  }
  const parsed = parse(bytes);
  const header = headerSchema.safeParse(parsed);
  if (!header.success) return unreadable("bytes", "the canonical JSON of a row", bytes);
  const { type, at, actor, task } = header.data;
  if (!Object.hasOwn(factSchemas, type)) return unreadable("type", "a known fact", type);
  const members = parse(data);
  const said = factSchemas[type as FactType].safeParse(members);
  if (!said.success || !isWritten(members, data)) {
    return unreadable("data", `the data of ${type}`, data);
  }
  const fact = { type, at, actor, ...(task === undefined ? {} : { task }), data: said.data };
  return {
    header: header.data as unknown as RowHeader,
    fact: fact as Fact,
    salt,
    isCanonical: isWritten(parsed, bytes),
  };
}

/** Whether the text is the canonical JSON of what was read from it. */
function isWritten(value: unknown, text: string): boolean {
  return isInOrder(value) ? JSON.stringify(value) === text : canonicalJson(value) === text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(what: string, expected: string, found: unknown): Unreadable {
  return { what, expected, found: String(found).slice(0, 200) };
}
