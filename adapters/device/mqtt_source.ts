/** Bytes of an image over MQTT: some parts are asked for ahead, and each comes whole or not at all. */
import { PART_BYTES_MIN, PARTS_MAX } from "../../core/mod.ts";
import type { Claim } from "./claims.ts";
import type { Fetching } from "./fetching.ts";
import type { ByteLine } from "./link.ts";
import { NO_ANSWER } from "./reasons.ts";

/** A part as it is asked for: it may be longer than what is missing of it. */
type Part = readonly [offset: number, length: number];

interface Arrived {
  readonly offset: number;
  readonly bytes: Uint8Array;
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
  /** Parts that have been asked for and have not come, with how often: nothing else is taken. */
  readonly #asked = new Map<string, number>();
  /** Parts that have come. */
  readonly #came = new Set<string>();
  /** Parts that have not, and are still awaited. */
  readonly #awaited = new Map<string, Claim>();
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
    const name = nameOf([offset, bytes.length]);
    const times = this.#asked.get(name);
    // What comes twice is stored by then, and is counted where that is seen.
    const isTwice = this.#came.has(name) || !intake.lacks(offset, offset + bytes.length);
    if (times === undefined && !isTwice) return false;
    this.#came.add(name);
    if (times !== undefined && times > 1) this.#asked.set(name, times - 1);
    else this.#asked.delete(name);
    this.#heard(bytes.length);
    this.#arrived.push({ offset, bytes, claim: this.#awaited.get(name) });
    this.#awaited.delete(name);
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
    if (this.#awaited.size === 0) return;
    this.#trouble = { why, isDeaf };
    this.#fetching.changed();
  }

  #heard(bytes: number): void {
    const now = performance.now();
    this.#line.patience.came(bytes, now - Math.max(this.#cameAt, this.#beganAt));
    this.#cameAt = now;
    if (!this.#isStalled) return;
    this.#isStalled = false;
    for (const claim of this.#awaited.values()) claim.isWeak = false;
  }

  /** Nothing comes. Where there is another way, this one may come to life until it is asked anew. */
  #stall(): void {
    const { choice } = this.#fetching.parts;
    if (this.#isStalled) return this.#drop();
    const { patience } = this.#line;
    patience.waited(this.#patienceMs);
    if (!choice.hasOther("mqtt")) return this.#giveUp({ why: NO_ANSWER, isDeaf: true });
    for (const claim of this.#awaited.values()) claim.isWeak = true;
    this.#isStalled = true;
    this.#fetching.failed("mqtt", NO_ANSWER, true);
  }

  #giveUp({ why, isDeaf }: Trouble): void {
    this.#trouble = undefined;
    if (this.#awaited.size === 0) return;
    const hasCounted = this.#isStalled;
    this.#drop();
    if (hasCounted) return;
    this.#fetching.failed("mqtt", why, isDeaf);
    this.#fetching.giveUpIfVain(why);
  }

  /** Awaits no more what was asked for: what comes of it all the same is taken if it is missing. */
  #drop(): void {
    for (const claim of this.#awaited.values()) this.#fetching.drop(claim);
    this.#awaited.clear();
    this.#isStalled = false;
  }

  /** How long what is awaited may still take, in milliseconds. */
  get #leftMs(): number {
    if (this.#awaited.size === 0) return Infinity;
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
    while (this.#hasRoom(advice.inFlight) && parts.length < PARTS_MAX) {
      const claim = this.#fetching.next("mqtt");
      if (!claim) break;
      if (this.#awaited.size === 0) this.#beganAt = performance.now();
      parts.push(this.#await(claim));
    }
    if (parts.length === 0) return;
    tally.requests++;
    this.#askedAt = performance.now();
    // A connection that is lost says so itself.
    this.#line.ask("chunk/request", { task_id, parts }).catch(() => {});
  }

  /** A try is one part. */
  #hasRoom(inFlight: number): boolean {
    const claims = [...this.#awaited.values()];
    return claims.length < inFlight && !claims.some(({ isWeak }) => isWeak);
  }

  #await(claim: Claim): Part {
    const [start, end] = claim.span;
    const { size } = this.#fetching.metadata;
    const part: Part = [start, Math.min(Math.max(end - start, PART_BYTES_MIN), size - start)];
    const name = nameOf(part);
    this.#asked.set(name, (this.#asked.get(name) ?? 0) + 1);
    this.#awaited.set(name, claim);
    return part;
  }
}

function nameOf([offset, length]: Part): string {
  return `${offset} ${length}`;
}
