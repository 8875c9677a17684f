/** An exported log decided again on all cores, each with its own streams. */
import { dealOut, Together } from "../../../core/replay/side_by_side.ts";
import type { DecidedPart, LogPart } from "../../../core/replay/side_by_side.ts";
import type { Divergence, ReplaySummary } from "../../../core/mod.ts";
import { Lane } from "../workers/lane.ts";
import type { PartJob } from "./worker.ts";

/** Lines of a log that follow one another. */
export interface Block {
  /** Lines before it. */
  readonly begin: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How it came out. */
export interface StreamsEnd {
  readonly summary: ReplaySummary;
  readonly divergence: Divergence | undefined;
}

/** A block that is being decided. */
interface Begun {
  readonly seqs: readonly Float64Array[];
  readonly decided: Promise<(DecidedPart | Error)[]>;
  readonly size: number;
}

/** How many blocks are begun before their results are asked for, so that nobody waits. */
const AHEAD = 4;
const MODULE = new URL("./worker.ts", import.meta.url);

/** Decides it on so many workers; `seen` is told how many rows and bytes are behind. @throws {Error} */
export async function replayStreams(
  blocks: Iterable<Block>,
  jobs: number,
  seen: (rows: number, bytes: number) => void,
): Promise<StreamsEnd> {
  const lanes = Array.from({ length: jobs }, () => new Lane<PartJob, DecidedPart>(MODULE));
  const together = new Together();
  let bytes = 0;
  try {
    for await (const { seqs, decided, size } of ahead(begin(blocks, lanes))) {
      const divergence = together.take(seqs, (await decided).map(orThrow));
      if (divergence) return { summary: together.summary, divergence };
      seen(together.summary.rows, bytes += size);
    }
    return { summary: together.summary, divergence: undefined };
  } finally {
    for (const lane of lanes) lane.end();
  }
}

/** Gives each lane its part of each block, and in the end one without lines. */
function* begin(
  blocks: Iterable<Block>,
  lanes: readonly Lane<PartJob, DecidedPart>[],
): Iterable<Begun> {
  const give = (parts: readonly LogPart[], isLast: boolean, size: number): Begun => ({
    seqs: parts.map(({ seqs }) => seqs.slice()),
    decided: Promise.all(
      parts.map((part, n) => {
        const { bytes, ends, seqs } = part;
        return lanes[n]!.run({ part, isLast }, [bytes.buffer, ends.buffer, seqs.buffer]);
      }),
    ),
    size,
  });
  for (const { begin, bytes } of blocks) {
    yield give(dealOut(bytes, begin, lanes.length), false, bytes.length);
  }
  yield give(dealOut(new Uint8Array(), 0, lanes.length), true, 0);
}

/** A few are begun before they are asked for. */
function* ahead<T>(items: Iterable<T>): Iterable<T> {
  const begun: T[] = [];
  for (const item of items) {
    begun.push(item);
    if (begun.length > AHEAD) yield begun.shift()!;
  }
  yield* begun;
}

function orThrow(decided: DecidedPart | Error): DecidedPart {
  if (decided instanceof Error) throw new Error(`The log could not be decided: ${decided.message}`);
  return decided;
}
