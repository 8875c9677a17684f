/** What a request for an image is answered with: everything, one range, or nothing new (RFC 9110). */
import { Buffer } from "node:buffer";
import { answerRange, namesTag, rangeHolds } from "../../../core/mod.ts";
import type { Image } from "../../../core/engine/mod.ts";

/** For a year, by the device alone, and never changed on the way. */
export const IMAGE_CACHE = "private, max-age=31536000, immutable, no-transform";

/** What a head says besides; undefined: nobody knows when it was uploaded. */
export type DatedImage = Image & { readonly lastModified?: string | undefined };

/** The fields of a URL that may name another image tomorrow, in the place of those that last. */
export type OwnFields = Readonly<Record<string, string>>;

/** What of a request matters here. */
export interface AskedFor {
  readonly ifNoneMatch?: string | undefined;
  readonly ifRange?: string | undefined;
  readonly range?: string | undefined;
  /** The client knows 200 and 304 only. */
  readonly isPlain?: boolean;
  /** The client checks the body by its MD5. */
  readonly wantsMd5?: boolean;
}

/** The status, the bytes [start, end) and the header fields. */
export interface ImageAnswer {
  readonly status: 200 | 206 | 304 | 416;
  readonly start: number;
  readonly end: number;
  readonly fields: Record<string, string>;
}

/** Answers a request for the image; without `own` fields its URL names these bytes for ever. */
export function imageAnswer(image: DatedImage, asked: AskedFor, own?: OwnFields): ImageAnswer {
  const etag = `"sha256-${image.sha256}"`;
  const { size } = image;
  const fields: Record<string, string> = {
    etag,
    "accept-ranges": "bytes",
    ...own ?? lasting(image),
  };
  if (namesTag(asked.ifNoneMatch, etag)) return { status: 304, start: 0, end: 0, fields };
  if (asked.wantsMd5) fields["x-md5"] = image.md5;
  const isWhole = asked.isPlain || !rangeHolds(asked.ifRange, etag);
  const range = answerRange(isWhole ? undefined : asked.range, size);
  // RFC 9110 §15.5.17: says how long the image is.
  if (range.status === 416) {
    return { status: 416, start: 0, end: 0, fields: { "content-range": `bytes */${size}` } };
  }
  const [start, end] = range.status === 206 ? [range.start, range.end] : [0, size];
  Object.assign(fields, bytesFields(start, end));
  if (range.status === 206) fields["content-range"] = `bytes ${start}-${end - 1}/${size}`;
  // RFC 9530 §3. The head of a part has no room for the digest of the whole: 512 bytes.
  else if (!own) fields["repr-digest"] = reprDigest(image.sha256);
  return { status: range.status, start, end, fields };
}

function lasting({ lastModified }: DatedImage): OwnFields {
  return { "cache-control": IMAGE_CACHE, ...(lastModified && { "last-modified": lastModified }) };
}

/** A SHA-256 in hexadecimal digits as a header field has it (RFC 9530 §2). */
export function reprDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
}

/** What says what bytes those are: without their number the body would be chunked, which many devices cannot read. */
export function bytesFields(start: number, end: number): Record<string, string> {
  return { "content-type": "application/octet-stream", "content-length": String(end - start) };
}
