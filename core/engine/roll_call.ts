/**
 * Devices behind a broker do not show when they come: whenever it can be reached again, all of them
 * are told what they are owed, and what waits for them gets its turn. Where it may have lost what they
 * said, those who may wait for an answer are given one.
 */
import type { Answer, CallInput } from "./inputs.ts";
import type { Clock, Outbox, Store } from "./ports.ts";

/** Devices that are called at once. */
const PAGE_DEVICES = 200;
/** Devices that could not be called are called again so soon. */
const RETRY_MS = 1_000;
/** A task that ended longer ago is none whose end its device waits for. */
const ENDED_MS = 3_600_000;

/** What a roll call needs. */
export interface RollCallPorts {
  readonly store: Pick<Store, "devicesToCall" | "devicesAtWork">;
  readonly outbox: Pick<Outbox, "room">;
  readonly clock: Pick<Clock, "after">;
  /** Engine time. */
  now(): number;
  /** Queues the input; resolves when it was decided. */
  submit(input: CallInput): Promise<Answer>;
  /** Told when the store could not be asked; it is asked again in a second. */
  onFault(error: unknown): void;
}

/** Whom to call, by id. */
interface List {
  readonly isAnswer: boolean;
  /** The next ones after that one; none: that was all. */
  page(after: string): Promise<readonly string[]>;
  /** All of them were called. */
  end(): void;
}

/** One roll call at a time: a new one ends the one before. */
export class RollCall {
  readonly #ports: RollCallPorts;
  #round = 0;
  /** Whether not all were answered yet who may wait for it: a new roll call does not change that. */
  #owesAnswers = false;
  /** Takes back the timer that will go on after a fault. */
  #cancel: (() => void) | undefined;

  /** Nobody is called before `begin`. */
  constructor(ports: RollCallPorts) {
    this.#ports = ports;
  }

  /** Calls everybody, as fast as messages are taken; `hasForgotten`: and answers who may wait for it. */
  async begin(hasForgotten = false): Promise<void> {
    this.end();
    const round = this.#round;
    this.#owesAnswers ||= hasForgotten;
    for (const list of [this.#owed(), ...this.#owesAnswers ? [this.#atWork()] : []]) {
      await this.#callFrom("", list, round);
    }
  }

  /** Nobody is called any more. */
  end(): void {
    this.#round++;
    this.#cancel?.();
  }

  #owed(): List {
    const { store } = this.#ports;
    const page = (after: string) => store.devicesToCall(after, PAGE_DEVICES);
    return { isAnswer: false, page, end: () => {} };
  }

  #atWork(): List {
    const { store, now } = this.#ports;
    let all: string[] | undefined;
    let from = 0;
    const page = async (after: string) => {
      all ??= await store.devicesAtWork(now() - ENDED_MS);
      // From where the last page began: of a million devices nobody looks at all for each page.
      while (from < all.length && all[from]! <= after) from++;
      return all.slice(from, from + PAGE_DEVICES);
    };
    return { isAnswer: true, page, end: () => void (this.#owesAnswers = false) };
  }

  async #callFrom(start: string, list: List, round: number): Promise<void> {
    const { outbox, submit, onFault } = this.#ports;
    const { isAnswer } = list;
    let after = start;
    try {
      while (round === this.#round) {
        const devices = await list.page(after);
        if (round !== this.#round) return;
        if (devices.length === 0) return list.end();
        const calls = devices.map((device) => submit({ kind: "call", device, isAnswer }));
        const isRefused = (answer: Answer) => !answer.ok && answer.problem.status === 503;
        if ((await Promise.all(calls)).some(isRefused)) return this.#goOnLater(after, list, round);
        await outbox.room?.();
        after = devices.at(-1)!;
      }
    } catch (error) {
      onFault(error);
      this.#goOnLater(after, list, round);
    }
  }

  #goOnLater(after: string, list: List, round: number): void {
    if (round !== this.#round) return;
    const { clock } = this.#ports;
    this.#cancel = clock.after(RETRY_MS, () => void this.#callFrom(after, list, round));
  }
}
