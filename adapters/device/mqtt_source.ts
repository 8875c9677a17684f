/** Bytes of an image over MQTT: some parts are asked for ahead, and each comes whole or not at all. */
import { PARTS_MAX } from "../../core/mod.ts";
import type { Claim } from "./claims.ts";
import type { Fetching } from "./fetching.ts";
import type { ByteLine } from "./link.ts";
import { MqttParts } from "./mqtt_parts.ts";
import type { Part } from "./mqtt_parts.ts";
import { NO_ANSWER } from "./reasons.ts";

/** Bytes that have come and are not stored yet. */
interface Arrived {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** What they were awaited for, if they were. */
  readonly claim: Claim | undefined;
}

/** Why what is awaited does not come; `isDeaf`: nor does anything else. */
interface Trouble {
  readonly why: string;
  readonly isDeaf: boolean;
}

/** The bytes of one download that come over MQTT. */
export class MqttSource {
  readonly #fetching: Fetching;
  readonly #line: ByteLine;
  readonly #parts: MqttParts;
  readonly #arrived: Arrived[] = [];
  /** What is to be made of what was asked for last. */
  #trouble: Trouble | undefined;
  /** Nothing has come for too long: what else is missing comes by the other way meanwhile. */
  #isStalled = false;
  /** When it was asked for the first of what is awaited, for the last of it, and when a part came. */
  #beganAt = 0;
  #askedAt = 0;
  #cameAt = 0;

  /** Nothing is asked for before `run`. */
  constructor(fetching: Fetching, line: ByteLine) {
    this.#fetching = fetching;
    this.#line = line;
    this.#parts = new MqttParts(fetching.metadata.size);
  }

  /** Fetches what it has to until nothing is missing. @throws {Interruption | Error} */
  async run(signal: AbortSignal): Promise<void> {
    while (!this.#fetching.intake.isWhole) {
      signal.throwIfAborted();
      const arrived = this.#arrived.shift();
      if (arrived) await this.#take(arrived);
      else if (this.#trouble) this.#giveUp(this.#trouble);
      else if (this.#leftMs <= 0) this.#stall();
      else {
        this.#ask();
        await this.#fetching.wait("mqtt", signal, this.#leftMs);
      }
    }
  }

  /** Bytes have come; false: nobody asked for them. */
  chunk(taskId: string, offset: number, bytes: Uint8Array): boolean {
    const { metadata: { task_id }, intake } = this.#fetching;
    if (taskId !== task_id || bytes.length === 0) return false;
    const part: Part = [offset, bytes.length];
    const isStored = !intake.lacks(offset, offset + bytes.length);
    if (!this.#parts.came(part) && !isStored) return false;
    this.#heard(bytes.length);
    this.#arrived.push({ offset, bytes, claim: this.#parts.claimOf(part) });
    this.#fetching.changed();
    return true;
  }

  /** The connection was lost, and with it what was under way; or it is there again. */
  lineChanged(isUp: boolean): void {
    if (!isUp) this.#hasTrouble("the connection was lost", false);
    this.#fetching.changed();
  }

  /** The engine does not give what was asked for. */
  refused(code: string): void {
    this.#hasTrouble(`the engine says ${code}`, true);
  }

  #hasTrouble(why: string, isDeaf: boolean): void {
    if (!this.#parts.areAwaited) return;
    this.#trouble = { why, isDeaf };
    this.#fetching.changed();
  }

  #heard(bytes: number): void {
    const now = performance.now();
    this.#line.patience.came(bytes, now - Math.max(this.#cameAt, this.#beganAt));
    this.#cameAt = now;
    if (!this.#isStalled) return;
    this.#isStalled = false;
    for (const claim of this.#parts.awaited) claim.isWeak = false;
  }

  /** Nothing comes. Where there is another way, this one may come to life until it is asked anew. */
  #stall(): void {
    const { choice } = this.#fetching.parts;
    if (this.#isStalled) return this.#drop();
    const { patience } = this.#line;
    patience.waited(this.#patienceMs);
    if (!choice.hasOther("mqtt")) return this.#giveUp({ why: NO_ANSWER, isDeaf: true });
    this.#fetching.weaken(this.#parts.awaited, this.#line.heardAt >= this.#beganAt);
    this.#isStalled = true;
    this.#fetching.failed("mqtt", NO_ANSWER, true);
  }

  #giveUp({ why, isDeaf }: Trouble): void {
    this.#trouble = undefined;
    if (!this.#parts.areAwaited) return;
    const hasCounted = this.#isStalled;
    this.#drop();
    if (hasCounted) return;
    this.#fetching.failed("mqtt", why, isDeaf);
    this.#fetching.giveUpIfVain(why);
  }

  /** Awaits no more what was asked for: what comes of it all the same is taken if it is missing. */
  #drop(): void {
    for (const claim of this.#parts.drop()) this.#fetching.drop(claim);
    this.#isStalled = false;
  }

  /** How long what is awaited may still take, in milliseconds. */
  get #leftMs(): number {
    if (!this.#parts.areAwaited) return Infinity;
    const now = performance.now();
    if (this.#isStalled) return this.#fetching.parts.choice.dueInMs("mqtt", now);
    return Math.max(this.#line.heardAt, this.#askedAt) + this.#patienceMs - now;
  }

  get #patienceMs(): number {
    const { heardAt, patience: { firstMs, silenceMs } } = this.#line;
    const isQuick = heardAt < this.#beganAt && this.#fetching.parts.choice.hasOther("mqtt");
    return isQuick ? firstMs : silenceMs;
  }

  async #take({ offset, bytes, claim }: Arrived): Promise<void> {
    try {
      await this.#fetching.take("mqtt", offset, bytes);
    } finally {
      await this.#fetching.settle();
      if (claim) this.#fetching.drop(claim);
    }
  }

  /** Asks for as many parts as may be under way. */
  #ask(): void {
    const { parts: { advice, tally }, metadata: { task_id } } = this.#fetching;
    const parts: Part[] = [];
    while (this.#parts.hasRoom(advice.inFlight) && parts.length < PARTS_MAX) {
      const claim = this.#fetching.next("mqtt");
      if (!claim) break;
      if (!this.#parts.areAwaited) this.#beganAt = performance.now();
      parts.push(this.#parts.await(claim));
    }
    if (parts.length === 0) return;
    tally.requests++;
    this.#askedAt = performance.now();
    // A connection that is lost says so itself.
    this.#line.ask("chunk/request", { task_id, parts }).catch(() => {});
  }
}
