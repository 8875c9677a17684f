/**
 * A log decided again by several side by side, each its own streams: lines are dealt out by their streams,
 * and what the streams have in common is checked where everything comes together.
 */
import { linesIn } from "../log/mod.ts";
import { streamKeyIn } from "../log/stream_key.ts";
import type { Divergence } from "./divergence.ts";
import { LogOrder } from "./log_order.ts";
import { ORDER_FIGURES } from "./part.ts";
import type { DecidedPart, LogPart } from "./part.ts";
import type { ReplaySummary } from "./replay.ts";

export { decidePart } from "./part.ts";
export type { DecidedPart, LogPart } from "./part.ts";
export { StreamReplay } from "./stream_replay.ts";

/** Deals out the lines of a block, which begins behind so many rows of the log: one part for each. */
export function dealOut(bytes: Uint8Array, begin: number, parts: number): LogPart[] {
  const lines = Array.from({ length: parts }, (): number[] => []);
  const sizes = new Array<number>(parts).fill(0);
  let [seq, isCut] = [begin, false];
  for (const { from, to, isEnded } of linesIn(bytes)) {
    const part = streamKeyIn(bytes, from, to) % parts;
    lines[part]!.push(++seq, from, to);
    sizes[part]! += to - from;
    isCut = !isEnded;
  }
  return lines.map((spans, part) =>
    partOf(bytes, spans, sizes[part]!, isCut && spans.at(-3) === seq)
  );
}

/** `spans`: of each line its place in the log, its begin and its end. */
function partOf(
  bytes: Uint8Array,
  spans: readonly number[],
  size: number,
  isCut: boolean,
): LogPart {
  const count = spans.length / 3;
  const part = {
    bytes: new Uint8Array(size),
    ends: new Uint32Array(count),
    seqs: new Float64Array(count),
    isCut,
  };
  let end = 0;
  for (let n = 0; n < count; n++) {
    const [seq, from, to] = [spans[3 * n]!, spans[3 * n + 1]!, spans[3 * n + 2]!];
    part.bytes.set(bytes.subarray(from, to), end);
    end += to - from;
    part.ends[n] = end;
    part.seqs[n] = seq;
  }
  return part;
}

/** What came of the parts, block by block. */
export class Together {
  readonly #order = new LogOrder();
  readonly #devices: number[] = [];
  #rows = 0;
  #moves = 0;
  #head = "";

  /** What was gone through so far. */
  get summary(): ReplaySummary {
    const devices = this.#devices.reduce((sum, count) => sum + count, 0);
    return {
      rows: this.#rows,
      devices,
      moves: this.#moves,
      log: this.#order.log,
      head: this.#head,
    };
  }

  /** Takes a block; `seqs` are those of each part, in the same order. Says where it diverges. */
  take(seqs: readonly Float64Array[], decided: readonly DecidedPart[]): Divergence | undefined {
    const rows = seqs.flatMap((places, part) => [...places].map((seq, n) => ({ seq, part, n })));
    rows.sort((a, b) => a.seq - b.seq);
    const diverged = decided.flatMap(({ divergence }) => divergence ?? []);
    const first = diverged.reduce<Divergence | undefined>(
      (first, other) => first && first.seq <= other.seq ? first : other,
      undefined,
    );
    for (const { seq, part, n } of rows) {
      if (first && seq >= first.seq) return first;
      const { order, log } = decided[part]!;
      const [epoch, nextEpoch, at] = order.subarray(ORDER_FIGURES * n, ORDER_FIGURES * (n + 1));
      const misplaced = this.#order.take({
        log: log!,
        epoch: epoch!,
        nextEpoch: nextEpoch!,
        at: at!,
      });
      if (misplaced) return { seq, stream: "", ...misplaced };
      this.#rows = seq;
    }
    const last = rows.at(-1);
    if (last) this.#head = decided[last.part]!.head;
    decided.forEach(({ devices, moves }, part) => {
      this.#devices[part] = devices;
      this.#moves += moves;
    });
    return first;
  }
}
