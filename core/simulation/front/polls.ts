/** Long polls, as the adapter keeps them: one a device, of two the newer. */
import type { OutboundMessage } from "../../engine/mod.ts";
import { messageId } from "../../protocol/mod.ts";

/** A long poll lasts so long when there is nothing. */
const POLL_MS = 30_000;
/** What a device was given last and has not confirmed is held back so long: it may poll in a loop. */
const AGAIN_MS = 2_000;

/** What a poll needs. */
export interface PollOptions {
  after(ms: number, call: () => void): () => void;
  /** It is over: with what there is. */
  done(messages: readonly OutboundMessage[]): void;
}

/** A device that waits. */
export class Poll {
  readonly #options: PollOptions;
  /** The ids of the owed messages in the device's last answer. */
  readonly #given: readonly string[];
  #messages: readonly OutboundMessage[] = [];
  #isReady = false;
  #isEnding = false;
  #isCut = false;
  #timers: (() => void)[] = [];
  #isHeldBack = false;

  constructor(given: readonly string[], options: PollOptions) {
    this.#given = given;
    this.#options = options;
  }

  /** The ids of the owed messages that it has. */
  get ids(): readonly string[] {
    return this.#messages.flatMap((message) => idOf(message) ?? []);
  }

  /** The engine knows that the device listens: from now on it waits. */
  ready(): void {
    this.#isReady = true;
    if (this.#isEnding) this.#finishSoon();
    else this.#timers.push(this.#options.after(POLL_MS, () => this.end()));
  }

  /** What leaves with the same commit leaves in the same answer; of one message the last that came. */
  take(message: OutboundMessage): void {
    const id = idOf(message);
    const others = this.#messages.filter((other) => id === undefined || idOf(other) !== id);
    this.#messages = [...others, message];
    if (id === undefined || !this.#given.includes(id)) return this.end();
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    this.#timers.push(this.#options.after(AGAIN_MS, () => this.end()));
  }

  /** Nothing more is waited for. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.forget();
    if (this.#isReady) this.#finishSoon();
  }

  /** The device may not go on, unless it logs in again. */
  cut(): void {
    this.#isCut = true;
    this.end();
  }

  /** Whether it was ended by {@link cut}. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** No timer of it runs any more. */
  forget(): void {
    for (const takeBack of this.#timers.splice(0)) takeBack();
  }

  #finishSoon(): void {
    this.#options.after(0, () => this.#options.done(this.#messages));
  }
}

function idOf({ owed }: OutboundMessage): string | undefined {
  return owed && messageId(owed);
}

/** The devices that wait. */
export class Polls {
  readonly #waiting = new Map<string, Poll>();
  readonly #given = new Map<string, readonly string[]>();

  /** A device begins to wait. */
  open(device: string, options: PollOptions): Poll {
    this.#waiting.get(device)?.end();
    const poll = new Poll(this.#given.get(device) ?? [], options);
    this.#waiting.set(device, poll);
    return poll;
  }

  /** The device has its answer. */
  close(device: string, poll: Poll): void {
    poll.forget();
    this.#given.set(device, poll.ids);
    if (this.#waiting.get(device) === poll) this.#waiting.delete(device);
  }

  /** The poll of the device, if it waits. */
  of(device: string): Poll | undefined {
    return this.#waiting.get(device);
  }

  /** The engine is dead. */
  clear(): void {
    this.#waiting.clear();
  }
}
