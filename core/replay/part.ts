/**
 * A part of a log for one of several that decide it again side by side, each its own streams: lines, and
 * where in the log they stand.
 */
import { readLine } from "../log/mod.ts";
import { differs, isDivergence } from "./divergence.ts";
import type { Divergence } from "./divergence.ts";
import { placedRow } from "./read_row.ts";
import type { Decided, StreamReplay } from "./stream_replay.ts";

/** Lines of a log, one behind the other without their ends. */
export interface LogPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each line ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** The place of each in the log, from 1. */
  readonly seqs: Float64Array<ArrayBuffer>;
  /** The last of all lines is not whole. */
  readonly isCut: boolean;
}

/** What came of a part. */
export interface DecidedPart {
  /** For each row its epoch, the epoch of the rows after it, and its time. */
  readonly order: Float64Array<ArrayBuffer>;
  /** The id of the log that they all name; `undefined`: there is no row. */
  readonly log: string | undefined;
  /** Changes of a task's state. */
  readonly moves: number;
  /** Devices in this and all parts before it. */
  readonly devices: number;
  /** The hash of the last row. */
  readonly head: string;
  /** Where it diverges; what was decided is what came before. */
  readonly divergence: Divergence | undefined;
}

/** How many figures of its order a row has. */
export const ORDER_FIGURES = 3;

/** Decides it; `end`: it is the last part. Never throws. */
export function decidePart(streams: StreamReplay, part: LogPart, isLast: boolean): DecidedPart {
  const { ends } = part;
  const order = new Float64Array(ORDER_FIGURES * ends.length);
  let [from, moves, head] = [0, 0, ""];
  let log: string | undefined;
  const done = (divergence?: Divergence): DecidedPart => {
    const { devices } = streams;
    return { order, log, moves, devices, head, divergence };
  };
  for (let n = 0; n < ends.length; n++) {
    const decided = decideLine(streams, part, n, from);
    if (isDivergence(decided)) return done(decided);
    const seq = part.seqs[n]!;
    log ??= decided.log;
    if (decided.log !== log) return done({ seq, stream: "", ...differs("log", log, decided.log) });
    order.set([decided.epoch, decided.nextEpoch, decided.at], ORDER_FIGURES * n);
    moves += decided.moves;
    head = decided.hash;
    from = ends[n]!;
  }
  return done(isLast ? streams.end() : undefined);
}

function decideLine(
  streams: StreamReplay,
  { bytes, ends, seqs, isCut }: LogPart,
  n: number,
  from: number,
): Decided | Divergence {
  const [to, seq] = [ends[n]!, seqs[n]!];
  const decided = streams.takeLine(bytes, from, to, seq);
  if (decided) return decided;
  const row = readLine(bytes.subarray(from, to), !(isCut && n === ends.length - 1));
  if (!("broken" in row)) return streams.take(placedRow(row), seq);
  const { broken: what, expected, found } = row;
  return { seq, stream: "", what, expected, found };
}
