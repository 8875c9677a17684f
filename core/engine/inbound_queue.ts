/**
 * Messages that came by a broker, on their way to the engine, and the acknowledgements back: the broker
 * is told that a message was taken after what it led to is durable, in the order in which they came.
 */
import type { Answer } from "./inputs.ts";
import type { TakenPackets } from "./taken_packets.ts";
import { Unsettled } from "./unsettled.ts";

/** A message for the engine. */
export interface InboundMessage {
  /** Who says it. */
  readonly device: string;
  /** Of its packet, where that can come again. */
  readonly key: string | undefined;
  /** Whether the broker has sent it before. */
  readonly isRepeat: boolean;
  /** Whether its device waits for an answer, which may have been cut off as well. */
  readonly isRequest: boolean;
  /** Of its payload. */
  readonly bytes: number;
}

/**
 * What became of a message; `later`: it has to come again. A refused one leaves nothing in its device's
 * state, so that any number of them may come again; and a device that says too much, and is refused,
 * holds up nobody else.
 */
export type InboundOutcome = "taken" | "refused" | "later";

/** What became of a report. What was refused otherwise than with 503 is not taken any better again. */
export function inboundOutcome(answer: Answer): InboundOutcome {
  if (!answer.ok) return answer.problem.status === 503 ? "later" : "refused";
  return answer.messages.some(({ message }) => message.kind === "rejected") ? "refused" : "taken";
}

/** What a queue works with: the engine, and the connection that the messages come by. */
export interface InboundQueueOptions<T extends InboundMessage> {
  /** Outlives the connection: what was acknowledged may have been cut off on its way. */
  readonly taken: TakenPackets;
  /** Tells the engine. */
  decide(message: T): Promise<InboundOutcome>;
  acknowledge(ids: readonly number[]): void;
  /** Whether the broker is to be read from. */
  regulate(mayRead: boolean): void;
  /** Calls back when the broker has every acknowledgement that was given before. */
  settle(done: () => void): void;
  /** The engine cannot take what came: the broker has to send it again, by a new connection. */
  refuse(): void;
}

/** Messages that the engine has at once: several batches, far from all that its queue holds. */
const IN_FLIGHT_MAX = 2_048;
/** The broker is read from again when so few wait. */
const WAITING_LOW = 512;
/** Of QoS 0, which promises nothing, no more may wait while the broker is asked what it has. */
const WAITING_MAX = 4_096;
/** Nor so many bytes, with those that the engine has: numbers alone would let large ones fill memory. */
const PAYLOADS_BYTES_MAX = 8 * 1_048_576;

/** Came, and is not acknowledged yet. */
interface Pending {
  /** `undefined`: it came with QoS 0, and nobody waits for an acknowledgement. */
  readonly id: number | undefined;
  /** Whose it is; `undefined`: the engine does not get it. */
  readonly device: string | undefined;
  readonly bytes: number;
  /** It counts against its device until the broker is known to have its acknowledgement. */
  isUnsettled: boolean;
  isDone: boolean;
}

/** What the engine is to have; the packet itself is let go when it was read. */
interface Waiting<T> {
  readonly message: T;
  readonly pending: Pending;
}

/** The messages of one connection. */
export class InboundQueue<T extends InboundMessage> {
  readonly #options: InboundQueueOptions<T>;
  readonly #waiting: Waiting<T>[] = [];
  readonly #pending: Pending[] = [];
  readonly #unsettled: Unsettled;
  /** Messages that the engine has or had, and that are not acknowledged. */
  #inFlight = 0;
  /** Of the payloads of all that is pending. */
  #bytes = 0;
  #isFlushing = false;
  #isHushed = false;
  #isClosed = false;

  /** Nothing has come yet. */
  constructor(options: InboundQueueOptions<T>) {
    this.#options = options;
    this.#unsettled = new Unsettled((done) => options.settle(done), () => this.#submitWaiting());
  }

  /**
   * Takes a message, which is not even read where there is no room for it. `id`: of its packet, unless
   * it came with QoS 0; where there is nothing to read, it is acknowledged alone.
   */
  take(id: number | undefined, read: () => T | undefined): void {
    if (this.#isHushed || id === undefined && this.#isFull) return;
    const message = read();
    const isOver = !message || id !== undefined && this.#isKnown(id, message);
    // Nobody waits for anything.
    if (isOver && id === undefined) return;
    const [device, bytes] = isOver ? [undefined, 0] : [message.device, message.bytes];
    const pending = { id, device, bytes, isUnsettled: false, isDone: isOver };
    this.#pending.push(pending);
    this.#bytes += bytes;
    if (isOver) return this.#flushSoon();
    this.#waiting.push({ message, pending });
    this.#submitWaiting();
  }

  /** Takes nothing more; what the engine has is acknowledged when it is durable. */
  hush(): void {
    this.#isHushed = true;
    this.#waiting.length = 0;
  }

  /** Acknowledges nothing any more. */
  close(): void {
    this.hush();
    this.#isClosed = true;
  }

  get #isFull(): boolean {
    return this.#waiting.length >= WAITING_MAX || this.#bytes >= PAYLOADS_BYTES_MAX;
  }

  /** A request is answered whenever it comes. */
  #isKnown(id: number, { key, isRepeat, isRequest }: T): boolean {
    return key !== undefined && isRepeat && !isRequest && this.#options.taken.has(id, key);
  }

  #submitWaiting(): void {
    if (this.#isClosed) return;
    let taken = 0;
    while (taken < this.#waiting.length && this.#mayTake(this.#waiting[taken]!)) {
      void this.#submit(this.#waiting[taken++]!);
    }
    // All at once: to take the first of thousands moves all the others.
    if (taken > 0) this.#waiting.splice(0, taken);
    const isWaiting = this.#waiting.length > 0;
    this.#unsettled.settle(isWaiting);
    // What the broker answers comes behind what it has sent already.
    if (isWaiting) this.#options.regulate(this.#unsettled.isAsking);
    else if (this.#inFlight < WAITING_LOW) this.#options.regulate(true);
  }

  #mayTake({ message, pending }: Waiting<T>): boolean {
    const hasRoom = pending.id === undefined || this.#unsettled.hasRoom(message.device);
    return this.#inFlight < IN_FLIGHT_MAX && hasRoom;
  }

  async #submit({ message, pending }: Waiting<T>): Promise<void> {
    const { device, key } = message;
    this.#inFlight++;
    pending.isUnsettled = pending.id !== undefined;
    if (pending.isUnsettled) this.#unsettled.add(device);
    const outcome = await this.#options.decide(message);
    const isTaken = outcome !== "later";
    // It will come again, by another connection.
    if (isTaken && key !== undefined) this.#options.taken.add(pending.id!, key);
    if (this.#isClosed) return;
    if (!isTaken) {
      this.close();
      return this.#options.refuse();
    }
    if (outcome === "refused" && pending.isUnsettled) {
      pending.isUnsettled = false;
      this.#unsettled.remove(device);
    }
    pending.isDone = true;
    this.#flushSoon();
  }

  /** The answers to a batch come all at once: so do their acknowledgements. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    void Promise.resolve().then(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isClosed) return;
    const open = this.#pending.findIndex(({ isDone }) => !isDone);
    const done = this.#pending.splice(0, open < 0 ? this.#pending.length : open);
    const ids = done.flatMap(({ id }) => id ?? []);
    if (ids.length > 0) this.#options.acknowledge(ids);
    for (const pending of done) this.#noteAcknowledged(pending);
    this.#submitWaiting();
  }

  #noteAcknowledged({ device, bytes, isUnsettled }: Pending): void {
    this.#bytes -= bytes;
    if (device === undefined) return;
    this.#inFlight--;
    if (isUnsettled) this.#unsettled.acknowledged(device);
  }
}
