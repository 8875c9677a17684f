/**
 * From the broker's messages to inputs, and from answers to acknowledgements: the broker is told that a
 * message was taken after what it led to is durable, in the order in which the messages came.
 */
import { Unsettled } from "../../../core/engine/mod.ts";
import type { EngineApi, TakenPackets } from "../../../core/engine/mod.ts";
import type { Publish } from "./publish.ts";
import { readSaid } from "./said.ts";
import type { Said } from "./said.ts";

/** How the intake works for one session at the broker. */
export interface IntakeOptions {
  readonly engine: EngineApi;
  /** Topic prefix with its leading slash. */
  readonly prefix: string;
  /** The client id: packet ids belong to it. */
  readonly session: string;
}

/** What the intake wants of the connection that the messages come by. */
export interface IntakeLine {
  acknowledge(ids: readonly number[]): void;
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
  /** Of its payload. */
  readonly bytes: number;
  /** It counts against its device until the broker is known to have its acknowledgement. */
  isUnsettled: boolean;
  isDone: boolean;
}

/** What the engine is to have; the packet itself is let go when it was read. */
interface Waiting {
  readonly said: Said;
  readonly isRepeat: boolean;
  readonly pending: Pending;
}

/**
 * What became of a message. A refused one leaves nothing in its device's state, so that any number of
 * them may come again; and a device that says too much, and is refused, holds up nobody else.
 */
type Outcome = "taken" | "refused" | "later";

/** Takes the messages of one connection. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #taken: TakenPackets;
  readonly #line: IntakeLine;
  readonly #waiting: Waiting[] = [];
  readonly #pending: Pending[] = [];
  readonly #unsettled: Unsettled;
  /** Messages that the engine has or had, and that are not acknowledged. */
  #inFlight = 0;
  /** Of the payloads of all that is pending. */
  #bytes = 0;
  #isFlushing = false;
  #isHushed = false;
  #isClosed = false;

  /** `taken` outlives the connection: what was acknowledged may have been cut off on its way. */
  constructor(options: IntakeOptions, taken: TakenPackets, line: IntakeLine) {
    this.#options = options;
    this.#taken = taken;
    this.#line = line;
    this.#unsettled = new Unsettled((done) => line.settle(done), () => this.#submitWaiting());
  }

  /** Takes a message; `isDecided`: it was decided on before, and is acknowledged alone. */
  take(publish: Publish, isDecided = false): void {
    if (this.#isHushed || publish.qos === 0 && this.#isFull) return;
    const { id, dup: isRepeat, payload } = publish;
    const said = readSaid(publish, this.#options);
    const isKnown = said !== undefined && isRepeat && this.#isKnown(said, publish);
    const isOver = !said || isKnown || isDecided;
    // Nobody waits for anything.
    if (isOver && id === undefined) return;
    const [device, bytes] = isOver ? [undefined, 0] : [said.device, payload?.length ?? 0];
    const pending = { id, device, bytes, isUnsettled: false, isDone: isOver };
    this.#pending.push(pending);
    this.#bytes += bytes;
    if (isOver) return this.#flushSoon();
    this.#waiting.push({ said, isRepeat, pending });
    this.#submitWaiting();
  }

  get #isFull(): boolean {
    return this.#waiting.length >= WAITING_MAX || this.#bytes >= PAYLOADS_BYTES_MAX;
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

  /** A request is answered whenever it comes: the answer to it may have been cut off, too. */
  #isKnown(said: Said, { id }: Publish): boolean {
    if (said.key === undefined || said.what === "report" && said.kind === "request") return false;
    return this.#taken.has(id!, said.key);
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
    if (isWaiting) this.#line.regulate(this.#unsettled.isAsking);
    else if (this.#inFlight < WAITING_LOW) this.#line.regulate(true);
  }

  #mayTake({ said, pending }: Waiting): boolean {
    const hasRoom = pending.id === undefined || this.#unsettled.hasRoom(said.device);
    return this.#inFlight < IN_FLIGHT_MAX && hasRoom;
  }

  async #submit({ said, isRepeat, pending }: Waiting): Promise<void> {
    const { device, key } = said;
    this.#inFlight++;
    pending.isUnsettled = pending.id !== undefined;
    if (pending.isUnsettled) this.#unsettled.add(device);
    const outcome = await this.#decide(said, isRepeat);
    const isTaken = outcome !== "later";
    // It will come again, by another connection.
    if (isTaken && key !== undefined) this.#taken.add(pending.id!, key);
    if (this.#isClosed) return;
    if (!isTaken) {
      this.close();
      return this.#line.refuse();
    }
    if (outcome === "refused" && pending.isUnsettled) {
      pending.isUnsettled = false;
      this.#unsettled.remove(device);
    }
    pending.isDone = true;
    this.#flushSoon();
  }

  async #decide(said: Said, isRepeat: boolean): Promise<Outcome> {
    const { engine } = this.#options;
    const { device, key } = said;
    if (said.what === "gone") return await engine.left(device) ? "taken" : "later";
    const { kind: report, parsed } = said;
    const packet = key === undefined ? undefined : { key, isRepeat };
    const answer = await engine.submit({
      kind: "report",
      device,
      report,
      parsed,
      via: "mqtt",
      packet,
    });
    // What was refused otherwise is not taken any better the next time.
    if (!answer.ok) return answer.problem.status === 503 ? "later" : "refused";
    engine.heard(device);
    return answer.messages.some(({ message }) => message.kind === "rejected") ? "refused" : "taken";
  }

  /** The answers to a batch come all at once: so do their acknowledgements. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isClosed) return;
    const open = this.#pending.findIndex(({ isDone }) => !isDone);
    const done = this.#pending.splice(0, open < 0 ? this.#pending.length : open);
    this.#line.acknowledge(done.flatMap(({ id }) => id ?? []));
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
