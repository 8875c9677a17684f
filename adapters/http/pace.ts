/**
 * How large the pieces are that a peer is given, and how long it may take nothing. Only whole pieces
 * are seen to be taken: a large one would make a slow peer look like a dead one. So they grow only
 * while they are taken quickly, and are never large against what the buffers below have swallowed.
 */
import type { HttpLimits } from "./limits.ts";

/** How it ended; `cut` before its end, by whomever, `stalled`: cut as nothing was taken for too long. */
export type ServedEnd = "complete" | "cut" | "stalled";

const QUICK_MS = 250;
/**
 * As much as the kernel takes at once for a small device, and more: it asks for more bytes only when most
 * of that is gone, which cannot be seen from here. For a large window on a fast line it takes megabytes:
 * to wait for those would keep every dead peer for ten minutes.
 */
const BUFFERS_BYTES_MAX = 262_144;

/** Sizes of pieces, in bytes. */
export interface Sizes {
  /** Of the first, and while they are taken quickly. */
  readonly first: number;
  /** To a slow peer. */
  readonly min: number;
  readonly max: number;
}

/** The pace of one answer, or of those of a connection one after the other. */
export class Pace {
  readonly #limits: Pick<HttpLimits, "stalledMs" | "slowestBytesPerS">;
  readonly #sizes: Sizes;
  /** Bytes of this answer. */
  #given = 0;
  /** Bytes of those before it. */
  #before = 0;
  #size = 0;
  #givenAt = 0;

  constructor(limits: Pick<HttpLimits, "stalledMs" | "slowestBytesPerS">, sizes: Sizes) {
    this.#limits = limits;
    this.#sizes = sizes;
  }

  /** The next answer begins: whoever asks for it has taken the one before. */
  again(now: number): void {
    this.#before += this.#given;
    this.#given = 0;
    if (now - this.#givenAt >= QUICK_MS) this.#size = 0;
  }

  /** How many bytes to give now, in milliseconds of a clock that never steps. */
  next(now: number): number {
    const { first, min, max } = this.#sizes;
    const isQuick = this.#given === 0 || now - this.#givenAt < QUICK_MS;
    const grown = Math.min(2 * this.#size, Math.floor((this.#before + this.#given) / 4), max);
    this.#size = isQuick ? Math.max(grown, first) : min;
    this.#givenAt = now;
    return this.#size;
  }

  /** So many were given. */
  given(bytes: number): void {
    this.#given += bytes;
  }

  /** For so long it may take nothing: what lies in the buffers below us may still be on its way. */
  get patienceMs(): number {
    const { stalledMs, slowestBytesPerS } = this.#limits;
    const swallowed = Math.min(this.#given, BUFFERS_BYTES_MAX);
    return stalledMs + Math.floor(1_000 * swallowed / slowestBytesPerS);
  }
}
