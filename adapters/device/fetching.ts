/** What the sources of one download share. */
import type { Metadata } from "../../core/mod.ts";
import { Bell } from "./bell.ts";
import { Claims } from "./claims.ts";
import type { Claim } from "./claims.ts";
import { Intake } from "./intake.ts";
import type { Transport } from "./options.ts";
import type { Parts } from "./parts.ts";
import { Progress } from "./progress.ts";
import { TRIES_MAX } from "./retrying.ts";

/** A little that is missing: enough to see whether a way works, and less than who fetches by it asks for. */
const TRY_BYTES = 2_048;
/** What has stalled is asked for another way after so long: a segment that is lost time and again is late. */
export const HOPE_MS = 4_000;
/** Who waits for something to change looks again after so long. */
const LOOK_MS = 60_000;

/** One download of what is missing of one image. */
export class Fetching {
  readonly parts: Parts;
  readonly metadata: Metadata;
  readonly intake: Intake;
  readonly progress: Progress;
  /** Resolves when nothing is missing. */
  readonly whole: Promise<void>;
  readonly #bell = new Bell();
  readonly #claims = new Claims();
  /** Ways that were not due when they were last looked at. */
  readonly #notDue = new Set<Transport>();
  /** What was asked for in vain since a byte last came, by whatever way. */
  #vain = 0;

  /** Nothing is asked for yet. */
  constructor(parts: Parts, metadata: Metadata) {
    this.parts = parts;
    this.metadata = metadata;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.whole = promise;
    this.intake = new Intake(parts, metadata, () => {
      this.#bell.ring();
      if (this.intake.isWhole) resolve();
    });
    this.progress = new Progress(parts, metadata);
  }

  /** Something has changed for those that wait. */
  changed(): void {
    this.#bell.ring();
  }

  /** What that way has to ask for now; `undefined`: nothing. */
  next(by: Transport): Claim | undefined {
    const { choice, advice } = this.parts;
    const now = performance.now();
    if (choice.dueInMs(by, now) > 0) this.#notDue.add(by);
    const duty = choice.duty(by, now);
    if (duty === "none") return undefined;
    const isTry = duty !== "all";
    const bytes = advice.askBytes(by, this.metadata);
    const asked = isTry ? Math.min(TRY_BYTES, bytes) : bytes;
    const span = this.#claims.next(this.intake.missing, asked, now, isTry);
    return span && this.#claims.claim(span, isTry);
  }

  /** It is not awaited any more. */
  drop(claim: Claim): void {
    this.#claims.drop(claim);
    this.#bell.ring();
  }

  /** Waits until that way may have something to do, or so long. @throws the signal's reason. */
  async wait(by: Transport, signal: AbortSignal, ms = Infinity): Promise<void> {
    const now = performance.now();
    const dueInMs = this.#notDue.delete(by) ? this.parts.choice.dueInMs(by, now) : LOOK_MS;
    await this.#bell.wait(Math.min(ms, dueInMs, this.#claims.looseInMs(now)), signal);
  }

  /** Nothing has come of it for long; when some of it has, the rest is likely to be under way. */
  weaken(claims: Iterable<Claim>, hasBegun: boolean): void {
    const looseAt = hasBegun ? performance.now() + HOPE_MS : 0;
    for (const claim of claims) Object.assign(claim, { isWeak: true, looseAt });
  }

  /** Bytes have come that belong there. @throws {Interruption} at the byte of a fault. */
  async take(by: Transport, offset: number, bytes: Uint8Array): Promise<void> {
    this.#vain = 0;
    this.parts.choice.worked(by, performance.now());
    await this.intake.take(by, offset, bytes);
  }

  /** What was asked for has come, or does not come. */
  async settle(): Promise<void> {
    await this.intake.settle();
    if (!this.intake.isInterrupted) this.progress.moved();
  }

  /** It was asked for in vain; `isDeaf`: nothing else came either. */
  failed(by: Transport, why: string, isDeaf: boolean): void {
    this.parts.choice.failed(by, why, performance.now(), isDeaf);
    this.#vain++;
    this.#bell.ring();
  }

  /** There is little hope. @throws {Error} after too many vain requests. */
  giveUpIfVain(why: string): void {
    if (this.#vain >= TRIES_MAX) throw new Error(why);
  }
}
