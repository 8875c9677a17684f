/**
 * From the broker's messages to inputs, and from answers to acknowledgements, in the order in which the
 * messages came: what the adapter's intake does, without its care for memory.
 */
import { Unsettled } from "../../engine/mod.ts";
import type { TakenPackets } from "../../engine/mod.ts";
import { decideSaid } from "./said.ts";
import type { Delivered, Outcome } from "./said.ts";
import type { Running } from "../running.ts";
import { packetKeyOf } from "../network/link.ts";
import type { Publish } from "../network/mqtt.ts";

/** What the intake works with. */
export interface IntakeOptions {
  readonly running: Running;
  /** The client id: packet ids belong to it. */
  readonly session: string;
  /** Outlives the connection: what was acknowledged may have been cut off on its way. */
  readonly taken: TakenPackets;
  acknowledge(packets: readonly number[]): void;
  /** Calls back when the broker has every acknowledgement that was given before. */
  settle(done: () => void): void;
  /** The engine cannot take what came: the broker has to send it again, by a new connection. */
  refuse(): void;
}

interface Pending {
  /** 0: nobody waits for an acknowledgement. */
  readonly packet: number;
  /** Whose it is; `undefined`: the engine does not get it. */
  readonly device: string | undefined;
  isUnsettled: boolean;
  isDone: boolean;
}

interface Waiting extends Delivered {
  readonly pending: Pending;
}

/** Takes the messages of one connection. */
export class BrokerIntake {
  readonly #options: IntakeOptions;
  readonly #unsettled: Unsettled;
  #waiting: Waiting[] = [];
  readonly #pending: Pending[] = [];
  #isFlushing = false;
  #isClosed = false;

  /** Nothing has come yet. */
  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#unsettled = new Unsettled((done) => options.settle(done), () => this.#submitWaiting());
  }

  /** Takes a message; `isDecided`: it was decided on before, and is acknowledged alone. */
  take({ letter: said, qos, packet, isRepeat }: Publish, isDecided: boolean): void {
    if (this.#isClosed || "message" in said) return;
    const isKeyed = qos > 0 && said.kind !== "gone";
    const key = isKeyed ? packetKeyOf(this.#options.session, packet, said) : undefined;
    const isKnown = isRepeat && key !== undefined && said.kind !== "request" &&
      this.#options.taken.has(packet, key);
    const isOver = isKnown || isDecided;
    const device = isOver ? undefined : said.device;
    const pending = { packet, device, isUnsettled: false, isDone: isOver };
    this.#pending.push(pending);
    if (isOver) return this.#flushSoon();
    this.#waiting.push({ said, key, isRepeat, pending });
    this.#submitWaiting();
  }

  /** Acknowledges nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  #submitWaiting(): void {
    if (this.#isClosed) return;
    let taken = 0;
    for (const waiting of this.#waiting) {
      if (waiting.pending.packet > 0 && !this.#unsettled.hasRoom(waiting.said.device)) break;
      this.#submit(waiting);
      taken++;
    }
    if (taken > 0) this.#waiting.splice(0, taken);
    this.#unsettled.settle(this.#waiting.length > 0);
  }

  #submit(waiting: Waiting): void {
    const { said: { device }, pending } = waiting;
    pending.isUnsettled = pending.packet > 0;
    if (pending.isUnsettled) this.#unsettled.add(device);
    decideSaid(this.#options.running, waiting, (outcome) => this.#decided(waiting, outcome));
  }

  #decided({ said: { device }, key, pending }: Waiting, outcome: Outcome): void {
    if (outcome !== "later" && key !== undefined) this.#options.taken.add(pending.packet, key);
    if (this.#isClosed) return;
    if (outcome === "later") {
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
    const packets = done.flatMap(({ packet }) => packet > 0 ? packet : []);
    if (packets.length > 0) this.#options.acknowledge(packets);
    for (const { device, isUnsettled } of done) {
      if (device !== undefined && isUnsettled) this.#unsettled.acknowledged(device);
    }
    this.#submitWaiting();
  }
}
