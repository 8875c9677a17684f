/**
 * Long polls: devices over HTTP that wait for their messages (PROTOCOL §2). One a device: of two the
 * newer stays, and the older is answered with nothing.
 */
import type { OutboundMessage, Outbox } from "../../core/engine/mod.ts";
import type { OwedName } from "../../core/mod.ts";

/** A device that waits. */
export class Poll {
  #messages: readonly OutboundMessage[] = [];
  readonly #over = Promise.withResolvers<void>();
  #isCut = false;

  /** Resolves with what there is as soon as there is something, and after `ms` at the latest. */
  async wait(ms: number): Promise<readonly OutboundMessage[]> {
    const timer = setTimeout(() => this.end(), ms);
    await this.#over.promise;
    clearTimeout(timer);
    return this.#messages;
  }

  /** What leaves with the same commit leaves in the same answer; of one message the last that came. */
  take(message: OutboundMessage): void {
    const others = this.#messages.filter(({ owed }) => !owed || !isSame(owed, message.owed));
    this.#messages = [...others, message];
    this.end();
  }

  /** Nothing more is waited for. */
  end(): void {
    this.#over.resolve();
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
}

function isSame(one: OwedName, other: OwedName | undefined): boolean {
  return one.task === other?.task && one.kind === other.kind && one.attempt === other.attempt;
}

/** The devices that wait. */
export class Polls implements Outbox {
  readonly #waiting = new Map<string, Poll>();

  /** The device waits from now on; `close` must follow. */
  open(device: string): Poll {
    this.#waiting.get(device)?.end();
    const poll = new Poll();
    this.#waiting.set(device, poll);
    return poll;
  }

  /** The device has its answer. */
  close(device: string, poll: Poll): void {
    if (this.#waiting.get(device) === poll) this.#waiting.delete(device);
  }

  send(message: OutboundMessage): void {
    this.#waiting.get(message.device)?.take(message);
  }

  disconnect(device: string): void {
    this.#waiting.get(device)?.cut();
  }

  /** Everybody is answered now. */
  end(): void {
    for (const poll of this.#waiting.values()) poll.end();
  }

  /** How many devices wait. */
  get size(): number {
    return this.#waiting.size;
  }
}
