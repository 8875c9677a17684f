/** Bytes of an image over HTTP: one range after the other, each stored as it comes. */
import type { Claim } from "./claims.ts";
import { HOPE_MS } from "./fetching.ts";
import type { Fetching } from "./fetching.ts";
import { fetchSpan, NotNow, TokenRefused } from "./http.ts";
import { Interruption } from "./interruption.ts";
import { Patience } from "./patience.ts";
import { NO_ANSWER } from "./reasons.ts";

/** A stalled answer is looked at so often. */
const LOOK_MS = 1_000;

/** Why an answer was broken off by the device. */
class BrokenOff extends Error {
  /** Whether it counts as a failure; else the bytes are to come another way, or it has counted. */
  readonly isFailure: boolean;

  constructor(isFailure: boolean) {
    super(NO_ANSWER);
    this.isFailure = isFailure;
  }
}

/** An answer under way. */
interface Answer {
  readonly claim: Claim;
  readonly stop: AbortController;
  /** When it was asked for, or its last byte came. */
  since: number;
  hasBegun: boolean;
  /** Nothing has come for too long: what else is missing comes by the other way meanwhile. */
  isStalled: boolean;
  /** The bytes come another way from now on: it is broken off before long. */
  isLeft: boolean;
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

  /**
   * The engine recommends something else: what is under way ends at this very byte. Where nothing comes
   * just now there is no such byte: what is under way then may come for a while.
   */
  advised(): void {
    const [answer, now] = [this.#answer, performance.now()];
    if (!answer || this.#fetching.parts.choice.duty("http", now) !== "none") return;
    if (!answer.hasBegun || now - answer.since < LOOK_MS) return this.#breakOff(answer, false);
    this.#fetching.weaken([answer.claim], true);
    answer.isLeft = true;
    clearTimeout(answer.timer);
    answer.timer = setTimeout(() => this.#breakOff(answer, false), HOPE_MS);
  }

  /** There may be another way now: how long to wait depends on that. */
  reconsider(): void {
    const answer = this.#answer;
    if (answer && !answer.isStalled && !answer.isLeft) this.#watch(answer);
  }

  async #fetch(claim: Claim, signal: AbortSignal): Promise<void> {
    const answer: Answer = {
      ...{ claim, stop: new AbortController(), since: performance.now() },
      ...{ hasBegun: false, isStalled: false, isLeft: false, timer: undefined },
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
    const ms = now - answer.since;
    if (answer.hasBegun) this.#patience.came(bytes, ms);
    else this.#patience.trip(ms);
    this.#patience.waited(ms);
    Object.assign(answer, { since: now, hasBegun: true, isStalled: false });
    if (answer.isLeft) return;
    answer.claim.isWeak = false;
    this.#watch(answer);
  }

  #watch(answer: Answer): void {
    const { firstMs, silenceMs } = this.#patience;
    const isQuick = !answer.hasBegun && this.#fetching.parts.choice.hasOther("http");
    const patienceMs = isQuick ? firstMs : silenceMs;
    const leftMs = answer.since + patienceMs - performance.now();
    clearTimeout(answer.timer);
    answer.timer = setTimeout(() => this.#stalled(answer, patienceMs), Math.max(0, leftMs));
  }

  /** Where there is another way, this one may come to life until it is asked anew. */
  #stalled(answer: Answer, ms: number): void {
    const { choice } = this.#fetching.parts;
    this.#patience.waited(ms);
    if (!choice.hasOther("http")) return this.#breakOff(answer, true);
    answer.isStalled = true;
    this.#fetching.weaken([answer.claim], answer.hasBegun);
    this.#fetching.failed("http", NO_ANSWER, true);
    this.#awaitTurn(answer);
  }

  /** How long that is depends on whether the other way works. */
  #awaitTurn(answer: Answer): void {
    const dueInMs = this.#fetching.parts.choice.dueInMs("http", performance.now());
    if (dueInMs === 0) return this.#breakOff(answer, false);
    answer.timer = setTimeout(() => this.#awaitTurn(answer), Math.min(dueInMs, LOOK_MS));
  }

  #breakOff({ claim, stop }: Answer, isFailure: boolean): void {
    claim.isEnding = true;
    stop.abort(new BrokenOff(isFailure));
  }

  #failed(error: Error): void {
    if (error instanceof Interruption || error instanceof TokenRefused) throw error;
    if (error instanceof NotNow) {
      return this.#fetching.parts.choice.later("http", error.waitMs, performance.now());
    }
    if (error instanceof BrokenOff && !error.isFailure) return;
    this.#fetching.failed("http", error.message, error instanceof BrokenOff);
    this.#fetching.giveUpIfVain(error.message);
  }
}
