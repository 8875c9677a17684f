/**
 * Recognises the heads of the requests that devices send most: an image by its digest, over HTTP/1.1,
 * without a body. It is no parser: whatever is not exactly that goes to the one of the platform, so
 * that there is nothing on which the two could differ.
 */
import type { AskedFor } from "../images/image_answer.ts";

/** A request for an image. */
export interface LaneHead extends AskedFor {
  readonly isHead: boolean;
  /** The image, hexadecimal digits. */
  readonly sha256: string;
  /** The field as it came. */
  readonly authorization: string;
  /** Bytes of the head, its empty line among them. */
  readonly length: number;
}

/** Longer ones are not for us to judge. */
const HEAD_BYTES_MAX = 8_192;
/** The platform leaves out what comes after its own limit of fields. */
const FIELDS_MAX = 100;
/** `chunks` below an image is a list of digests; dots are steps in a path. */
const REQUEST =
  /^(GET|HEAD) \/artifacts\/([0-9a-f]{64})(?:\/(?!chunks |\.\.? )[A-Za-z0-9._+-]{1,128})? HTTP\/1\.1$/;
/**
 * RFC 9110 §5.6.2 and §5.5; a field that is not written so may mean something else to others. No byte
 * can belong to two parts of it: else hostile blanks would be tried in every way.
 */
const FIELD =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*)?)$/;
/** What changes how the connection goes on, or where the next request begins. */
const NOT_HERE = new Set([
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "trailer",
  "te",
  "http2-settings",
]);
const WANTED = new Set(["host", "authorization", "range", "if-range", "if-none-match"]);

/** The head that the bytes (as Latin-1) begin with, if it is one for this lane and here as a whole. */
export function readHead(text: string): LaneHead | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0 || end > HEAD_BYTES_MAX) return undefined;
  const [first, ...lines] = text.slice(0, end).split("\r\n");
  const request = REQUEST.exec(first!);
  const fields = request && lines.length <= FIELDS_MAX ? readFields(lines) : undefined;
  const authorization = fields?.get("authorization");
  if (!fields || authorization === undefined || !isHost(fields.get("host"))) return undefined;
  return {
    isHead: request![1] === "HEAD",
    sha256: request![2]!,
    authorization,
    range: fields.get("range"),
    ifRange: fields.get("if-range"),
    ifNoneMatch: fields.get("if-none-match"),
    length: end + 4,
  };
}

/** Where the value of `Range` begins. */
const RANGE = /\r\nrange:[ \t]*/i;
const ONE_RANGE = /^bytes=\d{1,15}-\d{0,15}$/;

/** Reads the heads of one connection: most are the one before but for their range. */
export class HeadReader {
  #head: LaneHead | undefined;
  #before = "";
  #behind = "";

  /** As {@link readHead}. */
  read(text: string): LaneHead | undefined {
    return this.#again(text) ?? this.#anew(text);
  }

  #again(text: string): LaneHead | undefined {
    const [before, behind] = [this.#before, this.#behind];
    if (!this.#head || !text.startsWith(before) || !text.endsWith(behind)) return undefined;
    const range = text.slice(before.length, text.length - behind.length);
    return ONE_RANGE.test(range) ? { ...this.#head, range, length: text.length } : undefined;
  }

  #anew(text: string): LaneHead | undefined {
    const head = readHead(text);
    this.#head = undefined;
    // What came behind a head is not kept: it may be long.
    if (head?.range === undefined || head.length < text.length) return head;
    const field = RANGE.exec(text)!;
    const from = field.index + field[0].length;
    this.#head = head;
    this.#before = text.slice(0, from);
    this.#behind = text.slice(from + head.range.length);
    return head;
  }
}

function readFields(lines: readonly string[]): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const match = FIELD.exec(line);
    if (!match) return undefined;
    const name = match[1]!.toLowerCase();
    const value = match[2]!;
    if (NOT_HERE.has(name) || fields.has(name)) return undefined;
    // An updater of an ESP behind a proxy: it needs an answer of its own.
    if (name.startsWith("x-esp")) return undefined;
    if (name.endsWith("connection") && value.toLowerCase() !== "keep-alive") return undefined;
    if (WANTED.has(name)) fields.set(name, withoutBlanks(value));
  }
  return fields;
}

/** Without the blanks behind it, which are no part of it; other white space is (RFC 9110 §5.5). */
function withoutBlanks(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === " " || value[end - 1] === "\t")) end--;
  return end === value.length ? value : value.slice(0, end);
}

let knownHost: string | undefined;

/** Whether it is a host as every reader writes it; the others are for the platform to judge. */
function isHost(host: string | undefined): boolean {
  if (host === undefined || host === knownHost) return host !== undefined;
  if (!/^[a-z0-9.:[\]-]{1,255}$/.test(host) || URL.parse(`http://${host}`)?.host !== host) {
    return false;
  }
  knownHost = host;
  return true;
}
