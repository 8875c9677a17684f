/**
 * Messages on their way to a broker: so many at once, so many that wait. What is owed of those beyond
 * comes again when there is room; and the broker's acknowledgement of what is owed is its delivery.
 */
import type { OwedName } from "../protocol/mod.ts";
import type { Answer, DeliveredInput } from "./inputs.ts";
import type { OutboundChunk, OutboundMessage, Outbox } from "./ports.ts";

/** Whatever goes to a device by way of a broker. */
export type Outbound = OutboundMessage | OutboundChunk;

/** What a queue needs. */
export interface OutboundQueueOptions {
  /** Messages that wait for the broker. */
  readonly waitingMax: number;
  /** More is handed over when so few wait. */
  readonly waitingLow: number;
  /** Hands it to the broker; `done` is called when that has it. */
  publish(message: Outbound): void;
  /** Writes a delivery down. */
  submit(input: DeliveredInput): Promise<Answer>;
  /** Everybody is called again who is owed something: there was no room for all of it. */
  callAll(): void;
}

/**
 * Bytes of images that the broker has not acknowledged: enough for a fast path, and on a slow one no
 * more than messages, and the question whether the broker is there, can wait behind. One always goes.
 */
const CHUNKS_IN_FLIGHT_BYTES = 1_048_576;

/** The messages to one connection after the other. */
export class OutboundQueue implements Pick<Outbox, "send" | "sendChunk" | "room"> {
  readonly #options: OutboundQueueOptions;
  /** Messages that the broker takes without acknowledging one; 0: there is no connection. */
  #inFlightMax = 0;
  #inFlight = 0;
  #waiting: OutboundMessage[] = [];
  /** They wait behind all messages. */
  #waitingChunks: OutboundChunk[] = [];
  /** All that the broker has not acknowledged: whoever sent them waits for that. */
  readonly #chunks = new Set<OutboundChunk>();
  #chunkBytes = 0;
  #hasMissed = false;
  #hasOverflowed = false;
  readonly #room: (() => void)[] = [];

  /** Nothing can be sent before `open`. */
  constructor(options: OutboundQueueOptions) {
    this.#options = options;
  }

  /** There is a connection, and nothing on its way by it yet. */
  open(inFlightMax: number): void {
    this.#inFlightMax = inFlightMax;
    this.#inFlight = this.#chunkBytes = 0;
  }

  /** It is gone, with all that waits: what is owed is sent again when there is another. */
  close(): void {
    this.#inFlightMax = 0;
    const chunks = [...this.#chunks];
    this.#waiting = [];
    this.#waitingChunks = [];
    this.#chunks.clear();
    for (const { done } of chunks) done("lost");
    this.#wake();
  }

  /** Whether an owed message reached nobody since this was last asked. */
  takeMissed(): boolean {
    const hasMissed = this.#hasMissed;
    this.#hasMissed = false;
    return hasMissed;
  }

  /** Sends it, if there is a connection and room. */
  send(message: OutboundMessage): void {
    if (this.#inFlightMax === 0) return;
    if (this.#waiting.length >= this.#options.waitingMax) {
      this.#hasOverflowed ||= message.owed !== undefined;
      return;
    }
    this.#waiting.push(message);
    this.#publishWaiting();
  }

  /** Sends it behind what waits, if there is a connection: whoever sends chunks has few on their way. */
  sendChunk(chunk: OutboundChunk): void {
    if (this.#inFlightMax === 0) return chunk.done("lost");
    this.#chunks.add(chunk);
    this.#waitingChunks.push(chunk);
    this.#publishWaiting();
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    if (this.#waiting.length <= this.#options.waitingLow) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** The broker has it; `isHeard`: and somebody is subscribed to it. */
  done(outbound: Outbound, isHeard: boolean): void {
    this.#inFlight--;
    if ("bytes" in outbound) {
      this.#chunkBytes -= outbound.bytes.length;
      if (this.#chunks.delete(outbound)) outbound.done(isHeard ? "passed" : "unheard");
      return this.#publishWaiting();
    }
    const { device, owed } = outbound;
    if (owed && isHeard) void this.#deliver(device, owed);
    else if (owed) this.#hasMissed = true;
    this.#publishWaiting();
  }

  #publishWaiting(): void {
    const { publish, waitingLow, callAll } = this.#options;
    while (this.#inFlight < this.#inFlightMax) {
      const next = this.#waiting.shift() ?? this.#nextChunk();
      if (!next) break;
      this.#inFlight++;
      publish(next);
    }
    if (this.#waiting.length > waitingLow) return;
    this.#wake();
    const hasOverflowed = this.#hasOverflowed;
    this.#hasOverflowed = false;
    if (hasOverflowed) callAll();
  }

  #nextChunk(): OutboundChunk | undefined {
    const bytes = this.#waitingChunks[0]?.bytes.length ?? 0;
    if (this.#chunkBytes > 0 && this.#chunkBytes + bytes > CHUNKS_IN_FLIGHT_BYTES) return undefined;
    this.#chunkBytes += bytes;
    return this.#waitingChunks.shift();
  }

  #wake(): void {
    for (const resolve of this.#room.splice(0)) resolve();
  }

  /** What could not be written down is still owed: its device has to be called again. */
  async #deliver(device: string, { task, kind: message, attempt }: OwedName): Promise<void> {
    const { submit } = this.#options;
    const answer = await submit({ kind: "delivered", device, task, message, attempt });
    this.#hasMissed ||= !answer.ok && answer.problem.status === 503;
  }
}
