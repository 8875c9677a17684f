/** What one row alone shows: whether its hashes are of what it holds, and what it says of its place. */
import { jsonIn } from "../log/json_in.ts";
import { hashBytes, hashData, hashText, personalHashIn } from "../log/mod.ts";
import type { ExportedRow, Sha256 } from "../log/mod.ts";

/** What is wrong with a row. */
export interface RowFault {
  /** A member of the row, or of what its bytes hold. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** What a row says of itself, once its hashes were checked. */
export interface CheckedRow {
  readonly log: string;
  readonly seq: number;
  readonly stream: string;
  readonly version: number;
  readonly prev: string | null;
  readonly type: unknown;
  readonly hash: string;
  readonly data: string;
  /** Its personal text is gone. Whether that was an erasure on record is seen later. */
  readonly isErased: boolean;
}

type Header = Readonly<Record<string, unknown>>;

/** Checks a row. Never throws. */
export function checkRow(row: ExportedRow, sha256: Sha256): CheckedRow | RowFault {
  const { bytes, data, salt, personal = null } = row;
  // Half of a surrogate pair has the hash of another character.
  if (typeof bytes !== "string" || !bytes.isWellFormed()) {
    return differs("bytes", "the canonical JSON of a row", bytes);
  }
  const hash = hashBytes(bytes, sha256);
  if (hash !== row.hash) return differs("hash", hash, row.hash);
  const header = objectOf(bytes);
  if (!header) return differs("bytes", "the canonical JSON of a row", bytes);
  if (typeof data !== "string" || !data.isWellFormed()) {
    return differs("data", "canonical JSON", data);
  }
  const place = placeOf(header);
  if ("what" in place) return place;
  if (typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) {
    return differs("salt", "32 hexadecimal digits", salt);
  }
  const found = hashData(salt, data, sha256);
  if (found !== header.data) return differs("data", header.data, found);
  const expected = personalHashIn(header.type, data) ?? null;
  const fault = personal === null ? undefined : strangePersonal(personal, expected, sha256);
  return fault ??
    { ...place, type: header.type, hash, data, isErased: personal === null && expected !== null };
}

/** What is wrong with the personal text of a row in whose data that hash stands, or none. */
function strangePersonal(
  personal: unknown,
  expected: unknown,
  sha256: Sha256,
): RowFault | undefined {
  if (expected === null) {
    return differs("personal", "none, as the data has no hash of it", personal);
  }
  const found = typeof personal === "string" && personal.isWellFormed()
    ? hashText(personal, sha256)
    : personal;
  return found === expected ? undefined : differs("personal", expected, found);
}

/** Whether it is what is wrong, not what was found. */
export function isFault<T extends object, F extends RowFault>(found: T | F): found is F {
  return "what" in found;
}

/** Says what is wrong; of what stands there, so much is shown at most. */
export function differs(what: string, expected: unknown, found: unknown): RowFault {
  return { what, expected: shown(expected), found: shown(found) };
}

/** What is no text is not made one: whatever a forger nested there would be called. */
function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value).slice(0, 200);
  return Array.isArray(value) ? "a list" : "an object";
}

function placeOf(
  { log, seq, stream, version, prev }: Header,
): Pick<CheckedRow, "log" | "seq" | "stream" | "version" | "prev"> | RowFault {
  if (typeof seq !== "number") return differs("seq", "a number", seq);
  if (typeof log !== "string") return differs("log", "the id of a log", log);
  if (typeof stream !== "string") return differs("stream", "the name of a stream", stream);
  if (typeof version !== "number") return differs("version", "a number", version);
  if (prev !== null && typeof prev !== "string") return differs("prev", "a hash", prev);
  return { log, seq, stream, version, prev };
}

function objectOf(text: string): Header | undefined {
  const value = jsonIn(text);
  return typeof value === "object" && value !== null ? value as Header : undefined;
}
