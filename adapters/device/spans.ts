/** Stretches of bytes: pure arithmetic on what of an image is still missing. */

/** The bytes [start, end). */
export type Span = readonly [start: number, end: number];

/** The spans without the bytes [start, end). */
export function without(spans: readonly Span[], [start, end]: Span): Span[] {
  return spans.flatMap(([from, to]): Span[] =>
    [[from, Math.min(to, start)] as const, [Math.max(from, end), to] as const]
      .filter(([from, to]) => from < to)
  );
}

/** Of the bytes [start, end) those that lie in the spans. */
export function within(spans: readonly Span[], [start, end]: Span): Span[] {
  return spans
    .map(([from, to]): Span => [Math.max(from, start), Math.min(to, end)])
    .filter(([from, to]) => from < to);
}

/** How many bytes that is. */
export function bytesOf(spans: readonly Span[]): number {
  return spans.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** What to ask for next: the first missing bytes, up to the end of the chunk they lie in. */
export function nextSpan(missing: readonly Span[], chunkBytes: number): Span | undefined {
  const [first] = missing;
  if (!first) return undefined;
  const [start, end] = first;
  return [start, Math.min(end, (Math.floor(start / chunkBytes) + 1) * chunkBytes)];
}
