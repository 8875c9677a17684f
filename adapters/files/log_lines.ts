/** A line of an exported log is `{ bytes, data, salt, hash }`: from a line to cells, and back. */
import type { SealedRow, StoredCells } from "../../core/mod.ts";
import type { Line } from "./lines.ts";

/** A line that is no row at all. */
export interface BrokenLine {
  /** What is wrong with it. */
  readonly broken: string;
  readonly expected: string;
  /** Its beginning. */
  readonly found: string;
}

/** The longest line that is read. A row of the engine is far below. */
export const LINE_BYTES_MAX = 1_048_576;

const MEMBERS = ["bytes", "data", "salt", "hash"] as const;
const EXPECTED = "one JSON object with bytes, data, salt and hash";
/** Of what stands there instead, as much is shown at most. */
const SHOWN_BYTES = 200;

/** A mark of the byte order is no JSON, so it is kept and found. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder();

/** The row's line, without its end. */
export function lineOf({ bytes, data, salt, hash }: SealedRow): string {
  return JSON.stringify({ bytes, data, salt, hash });
}

/** What stands in the line: any value in any cell, as in a database. Never throws. */
export function cellsOf({ bytes, isEnded }: Line): StoredCells | BrokenLine {
  const broken = (what: string): BrokenLine => ({
    broken: what,
    expected: EXPECTED,
    found: lenient.decode(bytes.subarray(0, SHOWN_BYTES)),
  });
  if (bytes.length > LINE_BYTES_MAX) return broken("its line is longer than 1 MiB");
  const text = textOf(bytes);
  const members = text === undefined ? undefined : objectOf(text);
  if (!members && !isEnded) return broken("its line is cut off");
  if (text === undefined) return broken("its line is not UTF-8");
  if (!members) return broken("its line is not a JSON object");
  const missing = MEMBERS.find((name) => !Object.hasOwn(members, name));
  if (missing) return broken(`its line lacks ${missing}`);
  if (Object.keys(members).length > MEMBERS.length) return broken("its line has another member");
  return { ...placeIn(members.bytes), ...members } as unknown as StoredCells;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A file has no columns for these: the row's own word is all there is. */
function placeIn(bytes: unknown): Pick<StoredCells, "seq" | "stream" | "version"> {
  const { seq, stream = "unknown", version } = objectOf(String(bytes)) ?? {};
  return { seq, stream, version };
}
