/** Bytes of an image over HTTP: one range after the other, each stored as it comes. */
import type { Claim } from "./claims.ts";
import type { Fetching } from "./fetching.ts";
import { fetchSpan, NotNow, TokenRefused } from "./http.ts";
import { Interruption } from "./interruption.ts";
import { Patience } from "./patience.ts";
import { NO_ANSWER } from "./reasons.ts";

/** Why an answer was broken off by the device. */
class BrokenOff extends Error {
  /** Nothing came any more; else the bytes are to come another way. */
  readonly isDeaf: boolean;

  constructor(isDeaf: boolean) {
    super(isDeaf ? NO_ANSWER : "The bytes come another way");
    this.isDeaf = isDeaf;
  }
}

/** An answer under way. */
interface Answer {
  readonly claim: Claim;
  readonly stop: AbortController;
  /** When it was asked for, or its last byte came. */
  since: number;
  hasBegun: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The bytes of one download that come over HTTP. */
export class HttpSource {
  readonly #fetching: Fetching;
  readonly #patience = new Patience();
  #answer: Answer | undefined;

  /** Nothing is asked for before `run`. */
  constructor(fetching: Fetching) {
    this.#fetching = fetching;
    // To the same house it is about as far; a new connection goes the way once more.
    const tripMs = fetching.parts.link.line?.patience.tripMs;
    if (tripMs !== undefined) this.#patience.trip(2 * tripMs);
  }

  /** Fetches what it has to until nothing is missing. @throws {Interruption | TokenRefused | Error} */
  async run(signal: AbortSignal): Promise<void> {
    const { intake } = this.#fetching;
    while (!intake.isWhole) {
      const claim = this.#fetching.next("http");
      if (!claim) await this.#fetching.wait("http", signal);
      else await this.#fetch(claim, signal);
    }
  }

  /** The engine recommends something else: what is under way ends at this very byte. */
  advised(): void {
    const duty = this.#fetching.parts.choice.duty("http", performance.now());
    if (duty === "none" && this.#answer) this.#breakOff(this.#answer, false);
  }

  /** There may be another way now: how long to wait depends on that. */
  reconsider(): void {
    if (this.#answer) this.#watch(this.#answer);
  }

  async #fetch(claim: Claim, signal: AbortSignal): Promise<void> {
    const answer: Answer = {
      claim,
      stop: new AbortController(),
      since: performance.now(),
      hasBegun: false,
      timer: undefined,
    };
    this.#answer = answer;
    this.#watch(answer);
    try {
      await this.#read(answer, AbortSignal.any([signal, answer.stop.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
      this.#failed(answer.stop.signal.aborted ? answer.stop.signal.reason : error);
    } finally {
      clearTimeout(answer.timer);
      this.#answer = undefined;
      await this.#fetching.settle();
      this.#fetching.drop(claim);
    }
  }

  async #read(answer: Answer, signal: AbortSignal): Promise<void> {
    const { parts: { options: { token }, tally }, metadata, intake } = this.#fetching;
    const { span } = answer.claim;
    const [start, end] = span;
    let offset = start;
    tally.requests++;
    for await (const piece of fetchSpan(metadata, span, token, signal)) {
      this.#heard(answer, piece.length);
      await this.#fetching.take("http", offset, piece);
      offset += piece.length;
      // The rest may have come another way meanwhile.
      if (offset < end && !intake.lacks(offset, end)) return;
    }
  }

  #heard(answer: Answer, bytes: number): void {
    const now = performance.now();
    if (answer.hasBegun) this.#patience.came(bytes, now - answer.since);
    else this.#patience.trip(now - answer.since);
    Object.assign(answer, { since: now, hasBegun: true });
    this.#watch(answer);
  }

  #watch(answer: Answer): void {
    const { choice } = this.#fetching.parts;
    const vain = choice.vain("http");
    const isQuick = !answer.hasBegun && choice.hasOther("http");
    const patienceMs = isQuick ? this.#patience.firstMs(vain) : this.#patience.silenceMs(vain);
    clearTimeout(answer.timer);
    answer.timer = setTimeout(
      () => this.#breakOff(answer, true),
      Math.max(0, answer.since + patienceMs - performance.now()),
    );
  }

  #breakOff({ claim, stop }: Answer, isDeaf: boolean): void {
    claim.isEnding = true;
    stop.abort(new BrokenOff(isDeaf));
  }

  #failed(error: Error): void {
    const { choice } = this.#fetching.parts;
    if (error instanceof Interruption || error instanceof TokenRefused) throw error;
    if (error instanceof NotNow) return choice.later("http", error.waitMs, performance.now());
    const isDeaf = error instanceof BrokenOff && error.isDeaf;
    if (isDeaf || !(error instanceof BrokenOff)) this.#fetching.failed("http", error, isDeaf);
  }
}
