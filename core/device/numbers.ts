/** The numbers of PROTOCOL §1: what a device says in bytes, chunks or percent, as bytes. */
import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNKS_MAX } from "../protocol/limits.ts";
import type { Report } from "../protocol/mod.ts";

type Progress = Extract<Report, { kind: "progress" }>["body"];
type Wish = Extract<Report, { kind: "request" }>["body"];

/** How many chunks an image of `size` bytes has. */
export function chunkCount(size: number, chunkBytes: number): number {
  return Math.ceil(size / chunkBytes);
}

/** Bytes stored without a gap; `undefined`: out of range. */
export function receivedBytes(
  progress: Progress,
  size: number,
  chunkBytes: number,
): number | undefined {
  const { received, chunk, total, percent } = progress;
  if (percent !== undefined) {
    return within(percent, 0, 100) ? Math.floor(size * percent / 100) : undefined;
  }
  if (received !== undefined) return within(received, 0, size) ? Math.floor(received) : undefined;
  const count = chunkCount(size, chunkBytes);
  if (total !== undefined && total !== count) return undefined;
  if (!Number.isInteger(chunk) || !within(chunk!, 0, count - 1)) return undefined;
  return Math.min((chunk! + 1) * chunkBytes, size);
}

/** The chunk size a device wishes for; `null`: none; `undefined`: not one that is allowed. */
export function wishedChunkBytes(
  wish: Wish,
  via: "mqtt" | "http" | "fetch",
): number | null | undefined {
  const bytes = wish.chunk_bytes ?? (wish.chunk_size === undefined ? null : wish.chunk_size * 1024);
  if (bytes === null) return null;
  if (!Number.isInteger(bytes) || !within(bytes, CHUNK_BYTES_MIN, CHUNK_BYTES_MAX)) {
    return undefined;
  }
  const isPowerOfTwo = (bytes & (bytes - 1)) === 0;
  return isPowerOfTwo || via !== "mqtt" && bytes % 1024 === 0 ? bytes : undefined;
}

/** Whether an image of that size can be cut into chunks of that size. */
export function isChunkable(size: number, chunkBytes: number): boolean {
  return chunkCount(size, chunkBytes) <= CHUNKS_MAX;
}

function within(value: number, min: number, max: number): boolean {
  return Number.isFinite(value) && value >= min && value <= max;
}
