/** Which bytes of an image were given out: spans without overlap, in order, bounded in number. */

/** `[from, end)` */
export type Span = readonly [from: number, end: number];

/** More are joined, nearest neighbours first come: then some bytes count as given that were not. */
const SPANS_MAX = 256;

/** The spans with one more, and how many of its bytes were among them already. */
export function addSpan(
  spans: readonly Span[],
  [from, end]: Span,
): { spans: readonly Span[]; repeated: number } {
  if (end <= from) return { spans, repeated: 0 };
  const touching = spans.filter(([a, b]) => a <= end && b >= from);
  const repeated = touching.reduce(
    (sum, [a, b]) => sum + Math.max(0, Math.min(b, end) - Math.max(a, from)),
    0,
  );
  const joined: Span = [
    Math.min(from, ...touching.map(([a]) => a)),
    Math.max(end, ...touching.map(([, b]) => b)),
  ];
  const others = spans.filter((span) => !touching.includes(span));
  const all = [...others, joined].sort((a, b) => a[0] - b[0]);
  return { spans: all.length > SPANS_MAX ? joinNearest(all) : all, repeated };
}

function joinNearest(spans: readonly Span[]): readonly Span[] {
  let nearest = 1;
  for (let i = 2; i < spans.length; i++) if (gap(spans, i) < gap(spans, nearest)) nearest = i;
  const [left, right] = [spans[nearest - 1]!, spans[nearest]!];
  return spans.toSpliced(nearest - 1, 2, [left[0], right[1]]);
}

function gap(spans: readonly Span[], i: number): number {
  return spans[i]![0] - spans[i - 1]![1];
}
