/** What is known of the path to the broker, kept from one connection to the next. */
import { answered, answerMsMax, lost, unknownPath } from "../../../core/network/mod.ts";

/** Measures; what follows from it is decided in `core/network/`. */
export class PathMeter {
  #path = unknownPath;

  /** An answer came after so many milliseconds. */
  answered(ms: number): void {
    this.#path = answered(this.#path, Math.round(ms));
  }

  /** The connection was lost without a word. */
  lost(): void {
    this.#path = lost(this.#path);
  }

  /** Seconds between two pings. */
  get keepaliveS(): number {
    return this.#path.keepaliveS;
  }

  /** Smoothed round trip in milliseconds; `null`: none was measured. */
  get rttMs(): number | null {
    return this.#path.rttMs;
  }

  /** How long an answer may take, in milliseconds. */
  get answerMsMax(): number {
    return answerMsMax(this.#path);
  }
}
