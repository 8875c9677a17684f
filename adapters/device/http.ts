/** The device's HTTP requests: bytes of an image, the digests of its chunks, and whatever else. */
import type { Metadata } from "../../core/mod.ts";
import { whyNotFetched } from "./reasons.ts";
import type { Span } from "./spans.ts";

/** A request takes no longer; what came by then is kept. */
const REQUEST_MS = 30_000;
/** Bytes may take longer over a slow network: who asks looks whether any come. */
const SPAN_MS = 3_600_000;
/** No engine is left alone for longer, whatever it says. */
const LATER_MAX_MS = 60_000;

/** HTTP 401 or 403: the token is no longer good, which a new login makes sure of. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

/** HTTP 503 with a time: the engine can be reached, and wants to be asked later. */
export class NotNow extends Error {
  override readonly name = "NotNow";
  /** Milliseconds. */
  readonly waitMs: number;

  /** `message` is for a person. */
  constructor(message: string, waitMs: number) {
    super(message);
    this.waitMs = waitMs;
  }
}

/** What is asked for, and how. */
export interface Asked {
  readonly url: string;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The status of a good answer [200]. */
  readonly expected?: number;
  /** How long the answer may take, in milliseconds [30,000]. */
  readonly limitMs?: number;
}

/** The bytes of the span as they come. @throws {Error} when there are others than asked for. */
export async function* fetchSpan(
  { url }: Metadata,
  [start, end]: Span,
  token: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const range = `bytes=${start}-${end - 1}`;
  const asked = { url, token, signal, limitMs: SPAN_MS };
  const response = await request({ ...asked, expected: 206, headers: { range } });
  let left = end - start;
  for await (const piece of response.body ?? []) {
    left -= piece.length;
    if (left < 0) throw new Error(`More bytes than ${range}`);
    yield piece;
  }
  if (left > 0) throw new Error(`${left} bytes less than ${range}`);
}

/** The digests of all chunks, as `sha256:…`. */
export async function fetchChunkDigests(
  { chunks_url: url }: Metadata,
  token: string,
  signal: AbortSignal,
): Promise<string[]> {
  const response = await request({ url, token, signal });
  return ((await response.json()) as { chunks: string[] }).chunks;
}

/** Asks with the device's token. @throws {TokenRefused | Error} for any other status. */
export async function request(asked: Asked): Promise<Response> {
  const { url, token, signal, method = "GET", body, headers, expected = 200 } = asked;
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(asked.limitMs ?? REQUEST_MS)]),
    ...(body === undefined ? {} : { body }),
  }).catch((error) => {
    throw new Error(whyNotFetched(error), { cause: error });
  });
  if (response.status === expected) return response;
  await response.body?.cancel();
  throw refusalOf(response, `HTTP ${response.status} for ${url}`);
}

function refusalOf({ status, headers }: Response, message: string): Error {
  if (status === 401 || status === 403) return new TokenRefused(message);
  const waitMs = 1_000 * Number(headers.get("retry-after") ?? 0);
  if (status !== 503 || !(waitMs > 0)) return new Error(message);
  return new NotNow(message, Math.min(waitMs, LATER_MAX_MS));
}
