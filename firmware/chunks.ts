/** The chunk map of an image: pure arithmetic. All numbers are bytes or zero-based indexes. */

/** Where a chunk begins and ends: the bytes [start, end). */
export interface ChunkBounds {
  readonly start: number;
  readonly end: number;
}

/** How many chunks an image of `size` bytes has; the last one may be short. */
export function chunkCount(size: number, chunkBytes: number): number {
  return Math.ceil(size / chunkBytes);
}

/** The bounds of chunk `index`; `undefined` when the image has no such chunk. */
export function chunkBounds(
  size: number,
  chunkBytes: number,
  index: number,
): ChunkBounds | undefined {
  const start = index * chunkBytes;
  if (!Number.isInteger(index) || index < 0 || start >= size) return undefined;
  return { start, end: Math.min(start + chunkBytes, size) };
}
