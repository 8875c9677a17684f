/** A chunk that was sent, as the transfer record counts it. */
import type { Part } from "../protocol/mod.ts";
import type { ChunkEnd } from "./ports.ts";
import type { ServedRange } from "./transfers.ts";

/** One message with bytes of an image: it leaves whole, beside others. */
export class SentChunk implements ServedRange {
  readonly from: number;
  readonly sent: number;
  readonly sentAt: number;
  readonly connection: number;
  #state: ServedRange["state"] = "open";
  #ownMs = 0;

  /** It was sent at `sentAt` (engine time). */
  constructor({ start, end }: Part, connection: number, sentAt: number) {
    this.from = start;
    this.sent = end - start;
    this.sentAt = sentAt;
    this.connection = connection;
  }

  /** Behind its last byte. */
  get to(): number {
    return this.from + this.sent;
  }

  get state(): ServedRange["state"] {
    return this.#state;
  }

  get ownMs(): number {
    return this.#ownMs;
  }

  /** What became of it, after so many milliseconds that no other had. */
  end(how: ChunkEnd, ownMs: number): void {
    this.#state = how === "arrived" || how === "passed" ? "complete" : "cut";
    this.#ownMs = Math.max(0, ownMs);
  }
}
