/** Fetches an image by HTTP, one range for each chunk, and stores it where it belongs. */
import type { Metadata } from "../../core/mod.ts";
import { chunkBounds } from "../../firmware/mod.ts";
import type { DeviceMemory } from "./memory.ts";

/** The connection was lost on purpose: the device behaves as if it had no network. */
export class Cut extends Error {
  override readonly name = "Cut";
}

/** What a download does besides storing. */
export interface DownloadHooks {
  readonly token: string;
  readonly signal: AbortSignal;
  /** May change the bytes of a chunk, or throw {@link Cut} to lose the connection. */
  spoil(index: number, bytes: Uint8Array): Uint8Array;
  /** A chunk was stored. */
  stored(index: number, end: number, bytes: number): Promise<void>;
}

/** Tries of one request before the device gives it up for now. */
const TRIES_MAX = 8;
const PAUSE_MS = 250;
const PAUSE_MAX_MS = 4_000;
const REQUEST_MS = 30_000;

/** Fetches one chunk and stores it; a network that fails is tried again, a little later each time. */
export async function fetchChunk(
  metadata: Metadata,
  memory: DeviceMemory,
  index: number,
  hooks: DownloadHooks,
): Promise<void> {
  const { start, end } = chunkBounds(metadata.size, metadata.chunk_bytes, index)!;
  const range = { range: `bytes=${start}-${end - 1}` };
  const bytes = await retrying(hooks.signal, async () => {
    const response = await request(metadata.url, hooks, range);
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status} for ${range.range}`);
    }
    const body = new Uint8Array(await response.arrayBuffer());
    if (body.length !== end - start) throw new Error(`${body.length} bytes for ${range.range}`);
    return body;
  });
  await memory.store(start, hooks.spoil(index, bytes));
  await hooks.stored(index, end, bytes.length);
}

/** The digests of all chunks, as `sha256:…`. */
export async function fetchChunkDigests(
  metadata: Metadata,
  hooks: DownloadHooks,
): Promise<string[]> {
  return await retrying(hooks.signal, async () => {
    const response = await request(metadata.chunks_url, hooks);
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status} for the chunk digests`);
    }
    return ((await response.json()) as { chunks: string[] }).chunks;
  });
}

function request(
  url: string,
  { token, signal }: DownloadHooks,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
  });
}

async function retrying<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || tries >= TRIES_MAX) throw error;
      await pause(Math.min(PAUSE_MS * 2 ** (tries - 1), PAUSE_MAX_MS), signal);
    }
  }
}

/** Waits, or throws when the signal comes first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", abort, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  });
}
