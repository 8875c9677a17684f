/**
 * What a broker sends again. Of each device, what came before the last message that is on record was
 * decided then, though it left nothing there: progress too small for a fact, a refusal. To decide it
 * again would be to decide it on what came after it.
 */
import type { ReportKind } from "../protocol/mod.ts";

/** A report that comes again. */
export interface Again {
  readonly device: string;
  /** Last level of its topic. */
  readonly report: ReportKind;
  /** Of its packet. */
  readonly key: string;
}

/** What is needed to tell; `T`: a message, as the caller knows it. */
export interface RedeliveredOptions<T> {
  /** Whether the broker waits for an acknowledgement of it. */
  isPromised(message: T): boolean;
  /** Whether the broker has sent it before. */
  isRepeat(message: T): boolean;
  /** The report in it, if there is one. */
  reportIn(message: T): Again | undefined;
  /** The keys of the last packets of a device that are on record. Rejects when they cannot be read. */
  knownPackets(device: string): Promise<readonly string[]>;
  /** Calls back when the broker has sent whatever it had to send before. */
  settle(done: () => void): void;
  /** Takes a message; `isDecided`: it was decided on before, and is acknowledged alone. */
  take(message: T, isDecided: boolean): void;
  /** It cannot be told: the broker has to send everything again. */
  refuse(): void;
}

/** Of messages that nobody waits for an acknowledgement of, no more is held. */
const HELD_MAX = 4_096;

/** Stands before the intake of one connection, until the broker has sent everything again. */
export class Redelivered<T> {
  readonly #options: RedeliveredOptions<T>;
  /** From the first message that comes again on, everything: nothing overtakes anything. */
  #held: T[] | undefined;

  /** Passes on what comes for the first time. */
  constructor(options: RedeliveredOptions<T>) {
    this.#options = options;
  }

  /** Takes a message of the broker. */
  take(message: T): void {
    if (this.#held) {
      const mayHold = this.#held.length < HELD_MAX || this.#options.isPromised(message);
      if (mayHold) this.#held.push(message);
    } else if (this.#comesAgain(message)) {
      this.#held = [message];
      this.#options.settle(() => void this.#release());
    } else this.#options.take(message, false);
  }

  #comesAgain(message: T): boolean {
    return this.#options.isRepeat(message) && this.#options.isPromised(message);
  }

  async #release(): Promise<void> {
    const held = this.#held!;
    try {
      const decided = await this.#decided(held);
      this.#held = undefined;
      for (const message of held) this.#options.take(message, decided.has(message));
    } catch {
      this.#options.refuse();
    }
  }

  async #decided(held: readonly T[]): Promise<ReadonlySet<T>> {
    const again = held.flatMap((message) => {
      const report = this.#comesAgain(message) ? this.#options.reportIn(message) : undefined;
      return report ? [{ ...report, message }] : [];
    });
    const decided = new Set<T>();
    for (const [device, ofDevice] of Map.groupBy(again, ({ device }) => device)) {
      const known = await this.#options.knownPackets(device);
      for (const { message } of decidedBefore(ofDevice, known)) decided.add(message);
    }
    return decided;
  }
}

/**
 * Those of one device that were decided before, and are acknowledged alone: `again` in the order in
 * which they come, `known` the keys of its last packets that are on record.
 */
export function decidedBefore<A extends Pick<Again, "key" | "report">>(
  again: readonly A[],
  known: readonly string[],
): A[] {
  const keys = new Set(known);
  const last = again.findLastIndex(({ key }) => keys.has(key));
  // A request is answered whenever it comes: the answer to it may have been cut off, too.
  return again.slice(0, Math.max(last, 0)).filter(({ report }) => report !== "request");
}
