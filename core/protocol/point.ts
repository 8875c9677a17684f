/** A point in a log, as people write it: a row by its number, or an instant. */
import { z } from "zod";

/** Up to where a log is meant: that row is in, or all rows up to that instant (ms since 1970). */
export type LogPoint = { readonly seq: number } | { readonly at: number };

/** Longer than any that means something. */
const CHARACTERS_MAX = 40;
const SEQ = /^[1-9]\d{0,15}$/;
/** RFC 3339 §5.6; rows have milliseconds, so further digits of a second tell nothing apart. */
const TIME =
  /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i;

const FORMS = "must be the number of a row such as 1204, or a time such as 2026-11-25T10:00:00Z" +
  " or 2026-11-25T12:00:00+02:00";

/**
 * Reads a point: digits alone are a row, never a time.
 *
 * @internal its type is inferred from a schema
 */
export const logPoint = z.string().transform((text, context): LogPoint => {
  const point = pointOf(text);
  if (point) return point;
  // In a query a plus sign is a space: whoever wrote one is not told that it is wrong.
  const isPlus = /\d \d{2}:\d{2}$/.test(text);
  const message = isPlus ? `${FORMS}; in a URL + is written %2B` : FORMS;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

function pointOf(text: string): LogPoint | undefined {
  if (text.length > CHARACTERS_MAX) return undefined;
  if (SEQ.test(text)) return Number.isSafeInteger(Number(text)) ? { seq: Number(text) } : undefined;
  const [, date, time, fraction = "", sign, hours, minutes] = TIME.exec(text) ?? [];
  if (date === undefined) return undefined;
  const local = `${date}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
  const at = Date.parse(local);
  // Written back it is the same, or there is no such day or hour.
  if (Number.isNaN(at) || new Date(at).toISOString() !== local) return undefined;
  const offsetMs = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  return { at: sign === "-" ? at + offsetMs : at - offsetMs };
}
