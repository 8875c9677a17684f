/** A block of an exported log: from its bytes to what is left to be checked of it. */
import { linesIn } from "../log/mod.ts";
import type { Sha256 } from "../log/mod.ts";
import { Segment } from "./segment.ts";
import type { LogFault, SegmentSummary } from "./segment.ts";

/**
 * Checks the lines. `begin`: rows of the log before them; `marks`: numbers of rows of the log after which
 * the tree is wanted. Never throws.
 */
export function checkBlock(
  bytes: Uint8Array,
  begin: number,
  marks: Iterable<number>,
  sha256: Sha256,
): SegmentSummary | LogFault {
  const segment = new Segment(sha256, begin, marks);
  for (const { from, to, isEnded } of linesIn(bytes)) {
    const fault = segment.takeLine(bytes, from, to, isEnded);
    if (fault) return fault;
  }
  return segment.summary;
}
