/** The device's HTTP side: bytes of an image, and the digests of its chunks. */
import type { Metadata } from "../../core/mod.ts";
import type { Span } from "./spans.ts";

/** A request takes no longer; what came by then is kept. */
const REQUEST_MS = 30_000;

/** HTTP 401: the token is no longer good, which a new login makes sure of. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

/** The bytes of the span as they come. @throws {Error} when there are others than asked for. */
export async function* fetchSpan(
  { url }: Metadata,
  [start, end]: Span,
  token: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const range = `bytes=${start}-${end - 1}`;
  const response = await request(url, 206, token, signal, { range });
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
  { chunks_url }: Metadata,
  token: string,
  signal: AbortSignal,
): Promise<string[]> {
  const response = await request(chunks_url, 200, token, signal);
  return ((await response.json()) as { chunks: string[] }).chunks;
}

async function request(
  url: string,
  expected: number,
  token: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
  });
  if (response.status === expected) return response;
  await response.body?.cancel();
  const message = `HTTP ${response.status} for ${url}`;
  throw response.status === 401 ? new TokenRefused(message) : new Error(message);
}
