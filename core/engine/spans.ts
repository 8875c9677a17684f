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
  const first = firstTouching(spans, from);
  let [behind, repeated] = [first, 0];
  for (; behind < spans.length && spans[behind]![0] <= end; behind++) {
    const [a, b] = spans[behind]!;
    repeated += Math.max(0, Math.min(b, end) - Math.max(a, from));
  }
  // It was given out already, as most of what comes again: nothing is to be made anew.
  if (repeated === end - from) return { spans, repeated };
  const joined: Span = first === behind
    ? [from, end]
    : [Math.min(from, spans[first]![0]), Math.max(end, spans[behind - 1]![1])];
  const all = spans.toSpliced(first, behind - first, joined);
  return { spans: all.length > SPANS_MAX ? joinNearest(all) : all, repeated };
}

/** The index of the first span that does not end before `from`. */
function firstTouching(spans: readonly Span[], from: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]![1] < from) low = middle + 1;
    else high = middle;
  }
  return low;
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
