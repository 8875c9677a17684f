/** Two texts that should be one, shown where they begin to differ. */

/** Characters shown of each text. */
const SHOWN = 96;
/** How many of them lie before the difference. */
const BEFORE = 32;

/** Both texts cut to the same window around their first difference, and a mark below it. */
export function firstDifference(
  expected: string,
  found: string,
): { expected: string; found: string; mark: string } {
  const at = commonLength(expected, found);
  const start = at <= BEFORE ? 0 : at - BEFORE;
  const cut = (text: string) =>
    `${start > 0 ? "…" : ""}${text.slice(start, start + SHOWN)}${
      text.length > start + SHOWN ? "…" : ""
    }`;
  const mark = `${" ".repeat(at - start + (start > 0 ? 1 : 0))}^`;
  return { expected: cut(expected), found: cut(found), mark };
}

function commonLength(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}
