/** A worker: checks the blocks of a log that it is given, one at a time. */
import { checkBlock } from "../../../core/evidence/mod.ts";
import type { LogFault, SegmentSummary } from "../../../core/evidence/mod.ts";
import { sha256 } from "../sha256.ts";

/** A block to be checked. */
export interface BlockJob {
  /** Rows of the log before it. */
  readonly begin: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** After which rows of the log the tree is wanted. */
  readonly marks: readonly number[];
}

/** What comes back. */
export type BlockResult = SegmentSummary | LogFault;

/** What a worker has of its own. */
interface Post {
  onmessage: (event: { data: BlockJob }) => void;
  postMessage(message: BlockResult): void;
}

const post = globalThis as unknown as Post;

post.onmessage = ({ data: { begin, bytes, marks } }) =>
  post.postMessage(checkBlock(bytes, begin, marks, sha256));
