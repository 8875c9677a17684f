/**
 * The order of versions (PROTOCOL, first paragraph): by Semantic Versioning 2.0.0 §11 when both sides
 * parse, else there is none.
 */
// @ts-types="@types/semver"
import semver from "semver";

/** Whether `version` comes before `other`; false where the two are not ordered. */
export function isBelow(version: string, other: string): boolean {
  return order(version, other) === -1;
}

/** Whether `version` is news to whom runs `other`: above it, or other than it if not ordered. */
export function isNews(version: string, other: string): boolean {
  return (order(version, other) ?? Number(version !== other)) === 1;
}

/** -1, 0 or 1; `undefined` where the two are not ordered. */
function order(version: string, other: string): -1 | 0 | 1 | undefined {
  const a = parsed(version);
  const b = parsed(other);
  return a && b ? a.compare(b) : undefined;
}

/** What was parsed last: a fleet runs few versions. */
const known = new Map<string, semver.SemVer | null>();
const KNOWN_MAX = 256;

function parsed(version: string): semver.SemVer | null {
  const before = known.get(version);
  if (before !== undefined) return before;
  if (known.size === KNOWN_MAX) known.clear();
  const now = semver.parse(version);
  known.set(version, now);
  return now;
}
