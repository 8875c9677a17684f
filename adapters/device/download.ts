/** Fetches what is missing of an image, chunk by chunk, and goes on at the byte where it stopped. */
import type { Metadata } from "../../core/mod.ts";
import type { Faults } from "./faults.ts";
import { fetchSpan, TokenRefused } from "./http.ts";
import { Interruption } from "./interruption.ts";
import type { DeviceMemory } from "./memory.ts";
import { pause } from "./pause.ts";
import { nextSpan } from "./spans.ts";
import type { Span } from "./spans.ts";

/** What a download works with, and whom it tells. */
export interface DownloadJob {
  readonly metadata: Metadata;
  readonly memory: DeviceMemory;
  readonly faults: Faults;
  readonly token: string;
  readonly signal: AbortSignal;
  /** A request is sent. */
  requested(): void;
  /** So many bytes came. */
  received(bytes: number): void;
  /** The chunk is stored. */
  stored(index: number): Promise<void>;
}

/** Tries without a single byte before the device gives it up for now. */
const TRIES_MAX = 8;
const PAUSE_MS = 250;
const PAUSE_MAX_MS = 4_000;

/**
 * Fetches until nothing is missing.
 *
 * @throws {Interruption | TokenRefused | Error} on a fault, a refused token, too many vain tries.
 */
export async function download(job: DownloadJob): Promise<void> {
  const { metadata, memory } = job;
  const next = () => nextSpan(memory.kept.task!.missing, metadata.chunk_bytes);
  for (let span = next(); span; span = next()) {
    const wanted = span;
    await retrying(job.signal, () => fetchInto(job, wanted), () => next()?.[0] !== wanted[0]);
  }
}

/** One chunk, or what is missing of it. */
async function fetchInto(job: DownloadJob, span: Span): Promise<void> {
  const { metadata, memory, faults, token, signal } = job;
  const index = Math.floor(span[0] / metadata.chunk_bytes);
  let [offset] = span;
  let hasPower = true;
  job.requested();
  try {
    for await (const piece of fetchSpan(metadata, span, token, signal)) {
      const stop = faults.stopWithin(offset, piece.length, metadata.size);
      const taken = piece.subarray(0, stop?.taken);
      await memory.store(offset, faults.spoil(index, offset, taken));
      offset += taken.length;
      job.received(taken.length);
      if (!stop) continue;
      hasPower = stop.interruption.how !== "restart";
      throw stop.interruption;
    }
  } finally {
    if (hasPower) {
      await memory.save();
      if (offset === span[1]) await job.stored(index);
    }
  }
}

/**
 * Tries again, a little later each time; after `hasMoved` it leaves that to the caller, who knows
 * what is missing now.
 */
export async function retrying<T>(
  signal: AbortSignal,
  attempt: () => Promise<T>,
  hasMoved: () => boolean = () => false,
): Promise<T | undefined> {
  for (let tries = 1;; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const isFinal = error instanceof Interruption || error instanceof TokenRefused ||
        tries >= TRIES_MAX;
      if (signal.aborted || isFinal) throw error;
      await pause(Math.min(PAUSE_MS * 2 ** (tries - 1), PAUSE_MAX_MS), signal);
      if (hasMoved()) return undefined;
    }
  }
}
