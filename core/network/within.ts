/** The number, or the bound that it exceeds. */
export function within(n: number, min: number, max: number): number {
  return Math.min(Math.max(n, min), max);
}
