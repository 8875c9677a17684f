/**
 * Which bytes a request for an image means (RFC 9110 §14): one range or everything. What real
 * clients send is listed in the tests.
 */

/** Which part of a representation to answer with. */
export type RangeAnswer =
  /** 200, all of it. */
  | { readonly status: 200 }
  /** 206, the bytes [start, end). */
  | { readonly status: 206; readonly start: number; readonly end: number }
  /** 416, no such bytes. */
  | { readonly status: 416 };

const WHOLE: RangeAnswer = { status: 200 };

/**
 * Reads a `Range` header for `size` bytes. A malformed or multiple range is ignored (200, RFC 9110
 * §14.2 allows it); an end past the end is clamped; a start at or past the end is 416.
 */
export function answerRange(header: string | undefined, size: number): RangeAnswer {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "");
  if (!match || match[1] === "" && match[2] === "") return WHOLE;
  const [first, last] = [match[1]!, match[2]!];
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? { status: 416 } : { status: 206, start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return WHOLE;
  if (start >= size) return { status: 416 };
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return { status: 206, start, end };
}

/** Whether a field such as `If-None-Match` names the entity tag (RFC 9110 §13.1.2, weak compare). */
export function namesTag(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  if (field.trim() === "*") return true;
  return field.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

/** Whether a range holds under `If-Range`: only for the same strong tag (RFC 9110 §13.1.5). */
export function rangeHolds(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag;
}
