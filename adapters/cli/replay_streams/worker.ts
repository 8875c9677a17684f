/** A worker: decides its streams again, part by part. */
import { decidePart, StreamReplay } from "../../../core/replay/side_by_side.ts";
import type { DecidedPart, LogPart } from "../../../core/replay/side_by_side.ts";
import { sha256 } from "../sha256.ts";

/** A part; the last one may be without lines. */
export interface PartJob {
  readonly part: LogPart;
  readonly isLast: boolean;
}

/** What a worker has of its own. */
interface Post {
  onmessage: (event: { data: PartJob }) => void;
  postMessage(message: DecidedPart, transfer: Transferable[]): void;
}

const post = globalThis as unknown as Post;
const streams = new StreamReplay(sha256);

post.onmessage = ({ data: { part, isLast } }) => {
  const decided = decidePart(streams, part, isLast);
  post.postMessage(decided, [decided.order.buffer]);
};
