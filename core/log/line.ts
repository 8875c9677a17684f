/**
 * A line of an exported log is `{ bytes, data, salt, hash }`, the stored texts of a row, and `personal` behind
 * them where there is something personal.
 */
import { jsonIn } from "./json_in.ts";
import type { SealedRow } from "./row.ts";

/** A row of an exported log, as it was found: any value may stand in any member. */
export interface ExportedRow {
  /** The canonical row. */
  readonly bytes: unknown;
  /** The canonical data. */
  readonly data: unknown;
  /** The salt. */
  readonly salt: unknown;
  /** The hash. */
  readonly hash: unknown;
  /** What is personal; none where nothing is, or it was erased. */
  readonly personal?: unknown;
}

/** A line that is no row at all. */
export interface BrokenLine {
  /** What is wrong with it. */
  readonly broken: string;
  /** What should stand there. */
  readonly expected: string;
  /** Its beginning. */
  readonly found: string;
}

/** The longest line that is read. A row of the engine is far below. */
export const LINE_BYTES_MAX = 1_048_576;

const MEMBERS = ["bytes", "data", "salt", "hash"] as const;
const PERSONAL = "personal";
const EXPECTED = "one JSON object with bytes, data, salt and hash";
/** Of what stands there instead, as much is shown at most. */
const SHOWN_BYTES = 200;
const NEWLINE = 0x0a;

/** A mark of the byte order is no JSON, so it is kept and found. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder();

/** The row's line, without its end. */
export function lineOf(row: TextsOfRow): string {
  return JSON.stringify(textsOf(row));
}

/** The stored texts of a row. */
export type TextsOfRow = Pick<SealedRow, "bytes" | "data" | "salt" | "hash" | "personal">;

/** The members of its line. */
export function textsOf({ bytes, data, salt, hash, personal = null }: TextsOfRow): ExportedRow {
  return { bytes, data, salt, hash, ...(personal === null ? {} : { personal }) };
}

/** What stands in a line; `isEnded`: the line's end was found. Never throws. */
export function readLine(line: Uint8Array, isEnded: boolean): ExportedRow | BrokenLine {
  const broken = (what: string): BrokenLine => ({
    broken: what,
    expected: EXPECTED,
    found: lenient.decode(line.subarray(0, SHOWN_BYTES)),
  });
  if (line.length > LINE_BYTES_MAX) return broken("its line is longer than 1 MiB");
  const text = textIn(line);
  const members = text === undefined ? undefined : objectOf(text);
  if (!members && !isEnded) return broken("its line is cut off");
  if (text === undefined) return broken("its line is not UTF-8");
  if (!members) return broken("its line is not a JSON object");
  const missing = MEMBERS.find((name) => !Object.hasOwn(members, name));
  if (missing) return broken(`its line lacks ${missing}`);
  const others = Object.keys(members).length - MEMBERS.length;
  const isPersonal = Object.hasOwn(members, PERSONAL);
  if (others > Number(isPersonal)) return broken("its line has another member");
  const names = isPersonal ? [...MEMBERS, PERSONAL] : MEMBERS;
  const strange = names.find((name) => typeof members[name] !== "string");
  if (strange) return broken(`its member ${strange} is not a text`);
  const { personal = null, ...texts } = members as unknown as TextsOfRow;
  if (!isWritten(text, lineOf({ ...texts, personal }))) {
    return broken("its line is not as it is exported");
  }
  return members as unknown as ExportedRow;
}

/**
 * Whether a line is what is written for what was read from it, but for white space at its end. A member that
 * stands there twice would be read as the last of them, and shown to somebody else as the first.
 */
export function isWritten(line: string, written: string): boolean {
  return line.trimEnd() === written;
}

/** A line among bytes, without its end. */
export interface LineSpan {
  /** Its first byte. */
  readonly from: number;
  /** The byte behind its last one. */
  readonly to: number;
  /** `false`: the bytes end before the line does. */
  readonly isEnded: boolean;
}

/** Line by line. */
export function* linesIn(bytes: Uint8Array): Iterable<LineSpan> {
  let from = 0;
  for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
    yield { from, to, isEnded: true };
    from = to + 1;
  }
  if (from < bytes.length) yield { from, to: bytes.length, isEnded: false };
}

/** The text of a line; `undefined`: it is not UTF-8. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function objectOf(text: string): Record<string, unknown> | undefined {
  const value = jsonIn(text);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Record<string, unknown> : undefined;
}
