/** Bytes as time: what a rate makes of them, and how those who would meet are spread. */

/** Milliseconds that so many bytes take at the rate. */
export function delayOf(bytes: number, bytesPerS: number): number {
  return bytes * 1000 / bytesPerS;
}

/** From 0 to below `ms`, another for each name and always the same for one (FNV-1a). */
export function spread(name: string, ms: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) / 0x1_0000_0000 * ms;
}
