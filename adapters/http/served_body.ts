/**
 * A body on its way out. Bytes leave as the peer takes them; a peer that takes nothing for too long
 * loses its connection, however it came to be silent.
 */
import type { Wire } from "./wire.ts";

/**
 * Only whole pieces are seen to be taken: a large one would make a slow peer look like a dead one.
 * So pieces begin small, grow only while they are taken quickly, and are never large against what
 * the buffers below have swallowed already.
 */
const PIECE_BYTES_MIN = 16_384;
const PIECE_BYTES_MAX = 131_072;
const QUICK_MS = 250;
/** As much as a kernel's send buffer grows to (`net.ipv4.tcp_wmem`); it cannot be seen from here. */
const BUFFERS_BYTES_MAX = 4_194_304;

/** How it ended; `cut` before its end, by whomever, `stalled`: cut as nothing was taken for too long. */
export type ServedEnd = "complete" | "cut" | "stalled";

/** What happens around a body. */
export interface ServedBodyOptions {
  /** The peer may take nothing for so long, and as long as it needs for what it was given last. */
  readonly stalledMs: number;
  /** The slowest peer that is waited for; without it nothing is added. */
  readonly slowestBytesPerS?: number;
  /** The connection; without one a cut body ends with an error. */
  readonly wire?: Wire | undefined;
  /** Cuts the body when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** The peer wants the next piece. */
  readonly onTaken?: () => void;
  /** The peer was given a piece of so many bytes. */
  readonly onGiven?: (bytes: number) => void;
  /** Called once, when it is all over. */
  readonly onEnd?: (how: ServedEnd) => void;
  /** Milliseconds of a clock that never steps. */
  readonly now?: () => number;
}

/** The bytes of `source`, given out under the limits. */
export function servedBody(
  source: ReadableStream<Uint8Array>,
  options: ServedBodyOptions,
): ReadableStream<Uint8Array> {
  return new ReadableStream(new ServedBody(source, options), { highWaterMark: 0 });
}

class ServedBody implements UnderlyingDefaultSource<Uint8Array> {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: ServedBodyOptions;
  readonly #onAbort = () => this.#cut("cut", "The download was ended: its device may not go on.");
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #given = 0;
  #size = PIECE_BYTES_MIN;
  #givenAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(source: ReadableStream<Uint8Array>, options: ServedBodyOptions) {
    this.#source = source.getReader();
    this.#options = options;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const { signal, wire } = this.#options;
    if (signal?.aborted) return this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    // What was given out last is only over when the connection has taken it.
    wire?.onClosed((isWhole) => this.#end(isWhole ? "complete" : "cut"));
    this.#await();
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    // While we read, it is not the peer who keeps us waiting.
    clearTimeout(this.#timer);
    this.#options.onTaken?.();
    const piece = await this.#next().catch((error) => {
      this.#end("cut");
      throw error;
    });
    if (this.#isOver) return;
    this.#await();
    if (piece) return controller.enqueue(piece);
    controller.close();
    if (!this.#options.wire) this.#end("complete");
  }

  cancel(): void {
    this.#end("cut");
  }

  /** The next piece; `undefined` after the last one. */
  async #next(): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) {
      const { done, value } = await this.#source.read();
      if (done) return undefined;
      this.#rest = value;
    }
    this.#fitSize();
    const piece = this.#rest.subarray(0, this.#size);
    this.#rest = this.#rest.subarray(piece.length);
    this.#given += piece.length;
    this.#options.onGiven?.(piece.length);
    return piece;
  }

  #fitSize(): void {
    const now = (this.#options.now ?? performance.now.bind(performance))();
    const isQuick = now - this.#givenAt < QUICK_MS;
    this.#givenAt = now;
    const share = Math.floor(this.#given / 4);
    const grown = Math.min(2 * this.#size, share, PIECE_BYTES_MAX);
    this.#size = isQuick ? Math.max(grown, PIECE_BYTES_MIN) : PIECE_BYTES_MIN;
  }

  #await(): void {
    const { stalledMs, slowestBytesPerS = Infinity } = this.#options;
    const swallowed = Math.min(this.#given, BUFFERS_BYTES_MAX);
    const ms = stalledMs + Math.floor(1_000 * swallowed / slowestBytesPerS);
    const late = () =>
      this.#cut("stalled", `The download was ended: nothing was taken for ${ms} ms.`);
    this.#timer = setTimeout(late, ms);
  }

  #cut(how: ServedEnd, why: string): void {
    const { wire } = this.#options;
    this.#end(how);
    if (wire) wire.cut();
    else this.#controller.error(new Error(why));
  }

  #end(how: ServedEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#source.cancel().catch(() => {});
    this.#options.onEnd?.(how);
  }
}
