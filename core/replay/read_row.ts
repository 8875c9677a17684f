/** Reads a stored row that anybody may have tampered with: data in, a checked row or what is wrong. */
import { z } from "zod";
import { canonicalJson, factSchemas, personalIn } from "../log/mod.ts";
import type { ExportedRow, Fact, FactType, RowHeader } from "../log/mod.ts";
import { jsonIn } from "../log/json_in.ts";
import { differs } from "./divergence.ts";
import type { Difference } from "./divergence.ts";

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
  /** What is personal; `null` or none: nothing is, or it was erased. */
  readonly personal?: unknown;
}

/** An exported row has no cells for its place: the row's own word is all there is. */
export function placedRow(row: ExportedRow): StoredCells {
  const said = typeof row.bytes === "string" ? jsonIn(row.bytes) : undefined;
  const { seq, stream, version } = Object(said) as Partial<StoredCells>;
  return { seq, stream: typeof stream === "string" ? stream : "unknown", version, ...row };
}

/** A row whose shape was checked; whether it is true is not known yet. */
export interface ReadRow {
  readonly header: RowHeader;
  readonly fact: Fact;
  readonly salt: string;
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
export function readRow(cells: StoredCells): ReadRow | Difference {
  const { bytes, data, salt, personal = null } = cells;
  if (typeof bytes !== "string") return unreadable("bytes", "canonical JSON", bytes);
  if (typeof data !== "string") return unreadable("data", "canonical JSON", data);
  if (typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) {
    return unreadable("salt", "32 hexadecimal digits", salt);
  }
  const header = headerSchema.safeParse(jsonIn(bytes));
  if (!header.success) return unreadable("bytes", "the canonical JSON of a row", bytes);
  const { type, at, actor, task } = header.data;
  const fact = factOf({ type, at, actor, task }, data);
  if ("what" in fact) return fact;
  const row = { header: header.data as unknown as RowHeader, fact, salt };
  if (personal === null) return row;
  const texts = personalIn(personal);
  if (!texts) return unreadable("personal", "a text with a salt, canonical JSON", personal);
  return { ...row, fact: { ...fact, personal: texts } };
}

type Stamp = Pick<Fact, "at" | "actor"> & {
  readonly type: string;
  readonly task?: string | undefined;
};

/** The fact that is recorded under that type with that data. */
function factOf(stamp: Stamp, data: string): Fact | Difference {
  const { type } = stamp;
  if (!Object.hasOwn(factSchemas, type)) return unreadable("type", "a known fact", type);
  const said = dataOf(type, data);
  return said ? factWith(stamp, said) : unreadable("data", `the data of ${type}`, data);
}

/** What the text says, if it is canonical and the data of that type. Never throws. */
export function dataOf(type: string, text: string): Fact["data"] | undefined {
  if (!Object.hasOwn(factSchemas, type)) return undefined;
  const members = jsonIn(text);
  const said = factSchemas[type as FactType].safeParse(members);
  return said.success && canonicalJson(members) === text ? said.data : undefined;
}

/** The fact with data that was checked to be that of its type. */
export function factWith({ type, at, actor, task }: Stamp, data: Fact["data"]): Fact {
  const fact = { type, at, actor, data };
  return (task === undefined ? fact : { ...fact, task }) as Fact;
}

function unreadable(what: string, expected: string, found: unknown): Difference {
  return differs(what, expected, String(found).slice(0, 200));
}
