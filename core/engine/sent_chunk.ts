/** A chunk that was sent, as the transfer record counts it. */
import type { Part } from "../protocol/mod.ts";
import type { ChunkEnd } from "./ports.ts";
import type { ServedRange } from "./transfers.ts";

/** One message with bytes of an image: it leaves whole, beside others. */
export class SentChunk implements ServedRange {
  /** What of the image it is. */
  readonly part: Part;
  readonly sentAt: number;
  /** Connections of HTTP count up from 1. */
  readonly connection = 0;
  #sent: number;
  #state: ServedRange["state"] = "open";
  #ownMs = 0;

  /** It was sent at `sentAt` (engine time). */
  constructor(part: Part, sentAt: number) {
    this.part = part;
    this.#sent = part.end - part.start;
    this.sentAt = sentAt;
  }

  get from(): number {
    return this.part.start;
  }

  get sent(): number {
    return this.#sent;
  }

  get state(): ServedRange["state"] {
    return this.#state;
  }

  get ownMs(): number {
    return this.#ownMs;
  }

  /** What became of it, after so many milliseconds that no other had. */
  end(how: ChunkEnd, ownMs: number): void {
    this.#state = how === "lost" ? "cut" : "complete";
    // What nobody took was not given out.
    if (how === "unheard" || how === "too_large") this.#sent = 0;
    this.#ownMs = Math.max(0, ownMs);
  }
}
