/**
 * Checks that the segments of a log hang together: every stream goes on where it was, and the tree over
 * all rows has the roots that checkpoints name.
 */
import { ErasedRows } from "../log/mod.ts";
import type { Sha256 } from "../log/mod.ts";
import { toChecksum } from "../protocol/mod.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { LogFault, SegmentSummary, StreamSpan } from "./segment.ts";
import { foldHashes, GrowingTree } from "./tree.ts";
import type { TreeHash } from "./tree.ts";

/** Where a stream is. */
interface Head {
  readonly version: number;
  readonly hash: string | null;
}

/** A personal text is gone, and nobody says so. */
const UNTOLD = ["personal", "the text, or an erasure of this row on record", "none"] as const;

const NONE: Head = { version: 0, hash: null };

/** A log, segment by segment in their order. What it keeps grows with the streams, not with the rows. */
export class LogCheck {
  readonly #sha256: Sha256;
  readonly #tree: GrowingTree;
  readonly #heads = new Map<string, Head>();
  /** Checkpoints that the log has not reached yet, the smallest last: to take the last is cheap. */
  readonly #ahead: Checkpoint[];
  readonly #erased = new ErasedRows();
  readonly #isPart: boolean;
  #log: string | undefined;
  /** How many rows came before the last restore. */
  #restored: number | undefined;
  #proved = 0;

  /**
   * `checkpoints`: their signatures are checked. `begin`: rows before the first segment, of which nothing is
   * known; then there is no checkpoint to be compared with.
   */
  constructor(sha256: Sha256, checkpoints: readonly Checkpoint[] = [], begin = 0) {
    this.#sha256 = sha256;
    this.#isPart = begin > 0;
    this.#tree = new GrowingTree(sha256);
    // One of no rows says nothing of any.
    this.#ahead = checkpoints.filter(({ size }) => size > 0).toSorted((a, b) => b.size - a.size);
  }

  /** Rows so far. */
  get rows(): number {
    return this.#tree.size;
  }

  /** Rows that are proved by a checkpoint: all of them up to here are as they were then. */
  get proved(): number {
    return this.#proved;
  }

  /** The id of the log. */
  get log(): string | undefined {
    return this.#log;
  }

  /** The root of the tree over all rows so far. */
  get root(): TreeHash {
    return this.#tree.root;
  }

  /** Rows without their personal text. */
  get erased(): number {
    return this.#erased.met;
  }

  /** Those among them of whose erasure there is no record so far. */
  get unproved(): number {
    return this.#erased.size;
  }

  /** Takes the next segment, or says what is wrong. */
  take(segment: SegmentSummary): LogFault | undefined {
    const { begin, log, streams, edges, erased, erasures, restores } = segment;
    this.#log ??= log;
    if (log !== this.#log) return fault(begin + 1, "log", this.#log, log);
    for (const [stream, span] of streams) {
      const broken = this.#goOn(stream, span);
      if (broken) return broken;
    }
    for (const { rows, hashes } of edges) {
      const size = begin + rows;
      const differing = this.#compare(size, hashes);
      if (differing) return this.#withRestore(differing, restores.findLast((rows) => rows < size));
    }
    this.#restored = restores.at(-1) ?? this.#restored;
    this.#grow(edges.at(-1)!.hashes, segment.rows);
    for (const row of erased) this.#erased.add(row);
    for (const erasure of erasures) this.#erased.cover(erasure);
    return undefined;
  }

  /** The log ends here; what is wrong with that. */
  end(): LogFault | undefined {
    // In what is missing there may be the erasure of any row.
    const missing = this.#ahead[0];
    if (missing) {
      return this.#withRestore(fault(this.rows + 1, "end", `${missing.size}`, `${this.rows}`));
    }
    const erased = this.#erased.first;
    return erased && fault(erased.seq, ...UNTOLD);
  }

  /** A checkpoint of more rows, from before that restore, cannot hold. */
  #withRestore(fault: LogFault, restored = this.#restored): LogFault {
    return restored === undefined ? fault : { ...fault, restored };
  }

  #goOn(stream: string, span: StreamSpan): LogFault | undefined {
    const { firstSeq, firstVersion, firstPrev, lastVersion, lastDigits } = span;
    const before = this.#isPart ? { version: firstVersion - 1, hash: firstPrev } : NONE;
    const { version, hash } = this.#heads.get(stream) ?? before;
    if (firstVersion !== version + 1) return fault(firstSeq, "version", version + 1, firstVersion);
    if (firstPrev !== hash) return fault(firstSeq, "prev", hash, firstPrev);
    this.#heads.set(stream, { version: lastVersion, hash: toChecksum(lastDigits) });
    return undefined;
  }

  #compare(size: number, hashes: readonly TreeHash[]): LogFault | undefined {
    for (let next; (next = this.#ahead.at(-1)) && next.size <= size;) {
      this.#ahead.pop();
      const { size: sealed, root } = next;
      // One of which no edge was asked for is not passed over.
      const found = sealed < size
        ? `a tree of ${size} rows`
        : foldHashes([...this.#tree.edge, ...hashes], this.#sha256);
      if (found !== root) return { ...fault(this.#proved + 1, "root", root, found), to: size };
      this.#proved = size;
    }
    return undefined;
  }

  #grow(hashes: readonly TreeHash[], rows: number): void {
    let left = rows;
    for (const hash of hashes) {
      let [level, leaves] = [0, 1];
      while (2 * leaves <= left) [level, leaves] = [level + 1, 2 * leaves];
      this.#tree.add(hash, level);
      left -= leaves;
    }
  }
}

function fault(seq: number, what: string, expected: unknown, found: unknown): LogFault {
  return { seq, what, expected: String(expected), found: String(found) };
}
