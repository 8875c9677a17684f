/**
 * What is given out to devices, counted beside the loop: served ranges are no facts, but the next
 * change of phase carries their sum. In memory only; after a restart the count goes on from the task.
 */
import { TRY_BYTES } from "../network/parameters.ts";
import { TRANSFERS_MAX } from "../protocol/limits.ts";
import type { Transport } from "../protocol/mod.ts";
import type { TransferSoFar } from "../log/mod.ts";
import {
  fetchedBytes,
  givenBytes,
  noTransfer,
  transferOf,
  withTransfer,
} from "../upgrade/transfer.ts";
import type { AttemptTransfer } from "../upgrade/transfer.ts";
import type { Task } from "../upgrade/task.ts";
import { Cache } from "./cache.ts";
import { addSpan } from "./spans.ts";
import type { Span } from "./spans.ts";

/** One answer with bytes of an image, as far as it has come; its adapter keeps it up to date. */
export interface ServedRange {
  /** The first byte. */
  readonly from: number;
  /** Behind the last byte that was asked for; without it nobody knows. */
  readonly to?: number;
  /** Bytes that were handed to the network so far. */
  readonly sent: number;
  /** Engine time at which the last of them was. */
  readonly sentAt: number;
  /** `cut` before its end, by whomever; `stalled`: cut since the device took nothing for too long. */
  readonly state: "open" | "complete" | "cut" | "stalled";
  /** The same number for answers that leave by the same connection. */
  readonly connection: number;
  /**
   * It is one of the messages that leave side by side by their connection: how long it took by itself, in
   * milliseconds, so far.
   */
  readonly ownMs?: number;
}

interface Answer {
  readonly range: ServedRange;
  readonly at: number;
}

/** What was given out in one attempt; `live` answers may still grow, or turn out to be shorter. */
interface Tally {
  readonly task: string;
  readonly attempt: number;
  sum: TransferSoFar;
  /** What of the image was given out, over all attempts. */
  spans: readonly Span[];
  /** And what in this one. */
  own: readonly Span[];
  live: readonly Answer[];
}

/** What an answer was, when it is over. */
export interface Settled {
  readonly by: Transport;
  /** Bytes that had been given out in the same attempt before. */
  readonly repeated: number;
  readonly isCut: boolean;
  /** It was no more than a try, and the device went on behind it: after so many milliseconds. */
  readonly triedMs?: number;
}

/** Who is told of answers as they begin and are over. */
export interface TransferWatch {
  /** The task's device is given bytes from there on; `isTry`: no more than show whether it is. */
  asked(task: Task, by: Transport, from: number, isTry: boolean): void;
  /** Another answer came after it. */
  settled(device: string, settled: Settled): void;
}

/** The counts of all devices. */
export class Transfers {
  readonly #watch: TransferWatch | undefined;
  readonly #tallies = new Cache<Tally>(TRANSFERS_MAX);

  constructor(watch?: TransferWatch) {
    this.#watch = watch;
  }

  /** The device of the active task is given the range from now on. */
  begin(task: Task, range: ServedRange, at: number): void {
    const tally = this.#tally(task);
    if (!tally.live.some((answer) => answer.range === range)) this.#add(tally, task, range, at);
  }

  /** Begins one more range of an attempt whose first is counted; false: none is. */
  goOn(task: Task, range: ServedRange, at: number): boolean {
    const tally = this.#tallies.get(task.device);
    if (tally?.task !== task.id || tally.attempt !== task.attempt) return false;
    this.#add(tally, task, range, at);
    return true;
  }

  /** The sum of the task's present attempt; `undefined` when the task knows it already. */
  soFar(task: Task): TransferSoFar | undefined {
    const tally = this.#tallies.get(task.device);
    if (tally?.task !== task.id || tally.attempt !== task.attempt) return undefined;
    const seen = { ...tally };
    for (const answer of seen.live) settle(seen, answer);
    const known = transferOf(task.transfers, task.attempt);
    return known && isSame(known, seen.sum) ? undefined : seen.sum;
  }

  /** The last byte that was taken in the task's present attempt; `undefined`: none in this run. */
  lastGiven(task: Task): { readonly from: number; readonly at: number } | undefined {
    const tally = this.#tallies.get(task.device);
    if (tally?.task !== task.id || tally.attempt !== task.attempt) return undefined;
    const last = tally.live.map(({ range }) => range).filter(({ sent }) => sent > 0)
      .reduce<ServedRange | undefined>((a, b) => a && a.sentAt > b.sentAt ? a : b, undefined);
    return last && { from: last.from, at: last.sentAt };
  }

  /** The task's record with what is under way. */
  record(task: Task): readonly AttemptTransfer[] {
    const sum = this.soFar(task);
    return sum ? withTransfer(task.transfers, task.attempt, sum) : task.transfers;
  }

  #add(tally: Tally, task: Task, range: ServedRange, at: number): void {
    const live: Answer[] = [];
    for (const answer of tally.live) {
      if (isGoingOn(answer, range)) {
        live.push(answer);
        continue;
      }
      const settled = settle(tally, answer, range);
      const isTried = !settled.isCut && isTry(answer.range) && range.from >= endOf(answer.range);
      const tried = isTried ? { ...settled, triedMs: at - answer.at } : settled;
      this.#watch?.settled(task.device, tried);
    }
    live.push({ range, at });
    tally.live = live;
    this.#watch?.asked(task, transportOf(range), range.from, asksForLittle(range));
  }

  #tally(task: Task): Tally {
    const known = this.#tallies.get(task.device);
    if (known?.task === task.id && known.attempt === task.attempt) return known;
    const { attempt, bad_chunks: _, ...sum } = transferOf(task.transfers, task.attempt) ??
      noTransfer(task.attempt);
    const spans = known?.task === task.id
      ? allSpans(known)
      : assumedSpans(fetchedBytes(task.transfers));
    const own = assumedSpans(givenBytes(sum));
    const tally: Tally = { task: task.id, attempt, sum, spans, own, live: [] };
    this.#tallies.set(task.device, tally);
    return tally;
  }
}

/** Several connections may fetch side by side; but one that goes on from the middle replaces it. */
function isGoingOn({ range }: Answer, next: ServedRange): boolean {
  const isBeside = range.ownMs !== undefined || range.connection !== next.connection;
  return range.state === "open" && isBeside && !beginsWithin(next, range);
}

function beginsWithin(next: ServedRange, { from, sent }: ServedRange): boolean {
  return next.from > from && next.from < from + sent;
}

/**
 * Adds an answer to the sum. Bytes sent are not bytes received: what a device asks for again over
 * another connection did not arrive, so the answer before it was cut there.
 */
function settle(
  tally: Tally,
  { range, at }: Answer,
  next?: ServedRange,
): Settled {
  // A message arrives whole, or not at all.
  const isWhole = range.ownMs !== undefined;
  const isCutShort = !isWhole && next !== undefined && next.connection !== range.connection &&
    beginsWithin(next, range);
  const bytes = isCutShort ? next.from - range.from : range.sent;
  const span: Span = [range.from, range.from + bytes];
  const { spans, repeated } = addSpan(tally.spans, span);
  const own = addSpan(tally.own, span);
  const { sum } = tally;
  const anew = (sum.anew ?? 0) + Math.max(0, repeated - own.repeated);
  const isCut = range.state === "cut" || isCutShort && range.state !== "stalled";
  tally.spans = spans;
  tally.own = own.spans;
  tally.sum = {
    first_at: sum.first_at === 0 ? at : Math.min(sum.first_at, at),
    last_at: Math.max(sum.last_at, at),
    bytes: sum.bytes + bytes,
    requests: sum.requests + 1,
    repeated: sum.repeated + repeated,
    ...(anew > 0 ? { anew } : {}),
    cuts: sum.cuts + (isCut ? 1 : 0),
    stalls: sum.stalls + (range.state === "stalled" ? 1 : 0),
    ms: sum.ms + (range.ownMs ?? Math.max(0, range.sentAt - at)),
  };
  const by = transportOf(range);
  return { by, repeated: own.repeated, isCut: isCut || range.state === "stalled" };
}

/** Whoever fetches asks for more. */
function isTry(range: ServedRange): boolean {
  return transportOf(range) === "http" && range.sent < TRY_BYTES;
}

function asksForLittle(range: ServedRange): boolean {
  const { from, to = Infinity } = range;
  return transportOf(range) === "http" && to - from < TRY_BYTES;
}

function endOf({ from, sent }: ServedRange): number {
  return from + sent;
}

/** Only messages leave side by side by one connection. */
function transportOf({ ownMs }: ServedRange): Transport {
  return ownMs === undefined ? "http" : "mqtt";
}

function allSpans({ spans, live }: Tally): readonly Span[] {
  return live.reduce(
    (all, { range: { from, sent } }) => addSpan(all, [from, from + sent]).spans,
    spans,
  );
}

/** After a restart nobody knows which bytes they were: most devices fetch from the start. */
function assumedSpans(bytes: number): readonly Span[] {
  return addSpan([], [0, bytes]).spans;
}

function isSame(known: TransferSoFar, sum: TransferSoFar): boolean {
  return Object.entries(sum).every(([name, value]) => known[name as keyof TransferSoFar] === value);
}
