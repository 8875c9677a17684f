/** How far an answer with bytes of an image has come; the engine counts it. */
import type { ServedRange } from "../../../core/engine/mod.ts";

/** One answer. */
export class Meter implements ServedRange {
  readonly from: number;
  readonly connection: number;
  readonly #now: () => number;
  #sent = 0;
  #sentAt: number;
  #state: ServedRange["state"] = "open";

  /** Begins at byte `from`; `now` gives engine time. */
  constructor(from: number, connection: number, now: () => number) {
    this.from = from;
    this.connection = connection;
    this.#now = now;
    this.#sentAt = now();
  }

  get sent(): number {
    return this.#sent;
  }

  get sentAt(): number {
    return this.#sentAt;
  }

  get state(): ServedRange["state"] {
    return this.#state;
  }

  /** So many more bytes left. */
  given(bytes: number): void {
    this.#sent += bytes;
    this.#sentAt = this.#now();
  }

  /** It is over. */
  end(how: "complete" | "cut" | "stalled"): void {
    this.#state = how;
  }
}
