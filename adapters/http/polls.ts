/**
 * Long polls: devices over HTTP that wait for their messages (PROTOCOL §2). One a device: of two the
 * newer stays, and the older is answered with nothing.
 */
import type { OutboundMessage, Outbox } from "../../core/engine/mod.ts";
import { Cache } from "../../core/engine/mod.ts";
import { messageId, POLLING_DEVICES_MAX } from "../../core/mod.ts";

/** What a device was given last and has not confirmed is held back so long: it may poll in a loop. */
const AGAIN_MS = 2_000;

/** A device that waits. */
export class Poll {
  #messages: readonly OutboundMessage[] = [];
  readonly #over = Promise.withResolvers<void>();
  readonly #given: readonly string[];
  #again: ReturnType<typeof setTimeout> | undefined;
  #isCut = false;

  /** `given`: the ids of the owed messages in the device's last answer. */
  constructor(given: readonly string[] = []) {
    this.#given = given;
  }

  /** The ids of the owed messages that it has. */
  get ids(): readonly string[] {
    return this.#messages.flatMap((message) => idOf(message) ?? []);
  }

  /** Resolves with what there is as soon as there is something, and after `ms` at the latest. */
  async wait(ms: number): Promise<readonly OutboundMessage[]> {
    const timer = setTimeout(() => this.end(), ms);
    await this.#over.promise;
    clearTimeout(timer);
    clearTimeout(this.#again);
    return this.#messages;
  }

  /** What leaves with the same commit leaves in the same answer; of one message the last that came. */
  take(message: OutboundMessage): void {
    const id = idOf(message);
    const others = this.#messages.filter((other) => id === undefined || idOf(other) !== id);
    this.#messages = [...others, message];
    if (id === undefined || !this.#given.includes(id)) this.end();
    else this.#again ??= setTimeout(() => this.end(), AGAIN_MS);
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

function idOf({ owed }: OutboundMessage): string | undefined {
  return owed && messageId(owed);
}

/** The devices that wait. */
export class Polls implements Outbox {
  readonly #waiting = new Map<string, Poll>();
  readonly #given = new Cache<readonly string[]>(POLLING_DEVICES_MAX);

  /** The device waits from now on; `close` must follow. */
  open(device: string): Poll {
    this.#waiting.get(device)?.end();
    const poll = new Poll(this.#given.get(device));
    this.#waiting.set(device, poll);
    return poll;
  }

  /** The device has its answer. */
  close(device: string, poll: Poll): void {
    this.#given.set(device, poll.ids);
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
