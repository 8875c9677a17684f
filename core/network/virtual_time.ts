/** Bytes as time: what a rate makes of them, and how those who would meet are spread. */

/** Milliseconds that so many bytes take at the rate. */
export function delayOf(bytes: number, bytesPerS: number): number {
  return bytes * 1000 / bytesPerS;
}

/**
 * From 0 to below `ms`, another for each name and always the same for one: FNV-1a, and the end of
 * MurmurHash3, without which names that end alike (`d-1`, `d-2`) would lie side by side.
 */
export function spread(name: string, ms: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 0x1_0000_0000 * ms;
}
