/**
 * A body on its way out as a stream. Bytes leave as the peer takes them; a peer that takes nothing for
 * too long loses its connection, however it came to be silent.
 */
import type { ImageBytes } from "../../firmware/mod.ts";
import type { HttpLimits } from "./limits.ts";
import type { Wire } from "./wire.ts";
import { Pace } from "./pace.ts";
import type { ServedEnd } from "./pace.ts";

/** Each is copied on its way. */
const SIZES = { first: 16_384, min: 16_384, max: 131_072 };

/** What happens around a body. */
export interface ServedBodyOptions {
  readonly limits: Pick<HttpLimits, "stalledMs" | "slowestBytesPerS">;
  /** The connection; without one a cut body ends with an error. */
  readonly wire?: Wire | undefined;
  /** Who is told how far it has come. */
  readonly around?: Around | undefined;
  /** Milliseconds of a clock that never steps. */
  readonly now?: () => number;
}

/** Whoever follows a body from before its first byte to its end. */
export interface Around {
  /** Set when it may not go on. */
  readonly refused?: unknown;
  /** Whom to call when it may not go on. */
  onRefused?(call: () => void): void;
  /** The peer wants the next piece. */
  taken?(): void;
  /** The peer was given so many bytes. */
  given?(bytes: number): void;
  /** Called once, when it is all over. */
  end?(how: ServedEnd): void;
}

/** The bytes of `source`, given out under the limits. */
export function servedBody(
  source: ImageBytes,
  options: ServedBodyOptions,
): ReadableStream<Uint8Array> {
  return new ReadableStream(new ServedBody(source, options), { highWaterMark: 0 });
}

class ServedBody implements UnderlyingDefaultSource<Uint8Array> {
  readonly #source: ImageBytes;
  readonly #options: ServedBodyOptions;
  readonly #pace: Pace;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(source: ImageBytes, options: ServedBodyOptions) {
    this.#source = source;
    this.#options = options;
    this.#pace = new Pace(options.limits, SIZES);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const { around, wire } = this.#options;
    const refuse = () => this.#cut("cut", "The download was ended: its device may not go on.");
    if (around?.refused) return refuse();
    around?.onRefused?.(refuse);
    // What was given out last is only over when the connection has taken it.
    wire?.onClosed((isWhole) => this.#end(isWhole ? "complete" : "cut"));
    this.#await();
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    // While we read, it is not the peer who keeps us waiting.
    clearTimeout(this.#timer);
    const { around, now = performance.now.bind(performance) } = this.#options;
    around?.taken?.();
    const piece = await this.#next(this.#pace.next(now()));
    if (this.#isOver) return;
    if (piece) this.#pace.given(piece.length);
    this.#await();
    if (piece) {
      around?.given?.(piece.length);
      return controller.enqueue(piece);
    }
    controller.close();
    if (!this.#options.wire) this.#end("complete");
  }

  cancel(): void {
    this.#end("cut");
  }

  async #next(max: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.next(max);
    } catch (error) {
      this.#end("cut");
      throw error;
    }
  }

  #await(): void {
    const ms = this.#pace.patienceMs;
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
    this.#source.close();
    this.#options.around?.end?.(how);
  }
}
