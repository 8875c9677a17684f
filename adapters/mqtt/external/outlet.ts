/**
 * Messages to devices, by way of the broker: no more at once than it takes. Its acknowledgement is
 * the delivery of an owed message, unless it says that nobody is subscribed.
 */
import { messageQos, topicOf } from "../../../core/mod.ts";
import type { OwedName } from "../../../core/mod.ts";
import type { EngineApi, OutboundMessage, Outbox } from "../../../core/engine/mod.ts";
import type { Line } from "./line.ts";

/** Messages that wait for the broker; what is owed of those beyond comes again. */
const WAITING_MAX = 10_000;
/** More is handed over when so few wait. */
const WAITING_LOW = 1_000;
/** Messages that the broker has not acknowledged, whatever it would take. */
const IN_FLIGHT_MAX = 512;
/** What MQTT 3.1.1 says nothing about: enough not to wait, few enough for every broker. */
const IN_FLIGHT_UNSAID = 64;
/** PUBACK, PUBREC: nobody is subscribed (MQTT 5 §3.4.2.1). */
const NO_SUBSCRIBERS = 16;

/** What the outlet needs. */
export interface OutletOptions {
  readonly engine: EngineApi;
  readonly prefix: string;
}

/** The way of messages to one connection after the other. */
export class Outlet implements Pick<Outbox, "send" | "room"> {
  readonly #options: OutletOptions;
  #line: Line | undefined;
  #window = 0;
  /** The highest QoS that the broker takes (MQTT 5 §3.2.2.3.4). */
  #qosMax = 2;
  #inFlight = 0;
  #waiting: OutboundMessage[] = [];
  #room: (() => void)[] = [];
  #hasMissed = false;
  #hasOverflowed = false;
  /** Packet ids that nobody was subscribed to. */
  readonly #unheard = new Set<number>();

  /** Nothing can be sent before `open`. */
  constructor(options: OutletOptions) {
    this.#options = options;
  }

  /** Messages leave by this line from now on. */
  open(line: Line): void {
    this.#line = line;
    const { receiveMaximum, maximumQoS = 2 } = line.connack.properties ?? {};
    this.#qosMax = maximumQoS;
    const isFive = line.client.options.protocolVersion === 5;
    this.#window = Math.min(
      isFive ? receiveMaximum ?? IN_FLIGHT_MAX : IN_FLIGHT_UNSAID,
      IN_FLIGHT_MAX,
    );
    this.#inFlight = 0;
    this.#unheard.clear();
    line.client.on("packetreceive", (packet) => {
      const isAck = packet.cmd === "puback" || packet.cmd === "pubrec";
      if (isAck && packet.reasonCode === NO_SUBSCRIBERS) this.#unheard.add(packet.messageId!);
    });
  }

  /** The line is gone; what is owed is sent again when there is one. */
  close(): void {
    this.#line = undefined;
    this.#waiting = [];
    this.#wake();
  }

  /** Whether an owed message reached nobody since this was last asked. */
  takeMissed(): boolean {
    const hasMissed = this.#hasMissed;
    this.#hasMissed = false;
    return hasMissed;
  }

  send(message: OutboundMessage): void {
    if (!this.#line) return;
    if (this.#waiting.length >= WAITING_MAX) {
      this.#hasOverflowed ||= message.owed !== undefined;
      return;
    }
    this.#waiting.push(message);
    this.#publishWaiting();
  }

  room(): Promise<void> {
    if (this.#waiting.length <= WAITING_LOW) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#room.splice(0)) resolve();
  }

  #publishWaiting(): void {
    while (this.#line && this.#waiting.length > 0 && this.#inFlight < this.#window) {
      this.#publish(this.#line, this.#waiting.shift()!);
    }
    if (this.#waiting.length > WAITING_LOW) return;
    this.#wake();
    if (this.#hasOverflowed) this.#options.engine.callAll();
    this.#hasOverflowed = false;
  }

  #publish(line: Line, message: OutboundMessage): void {
    const { device, message: { kind, payload } } = message;
    const topic = topicOf(this.#options.prefix, device, kind);
    this.#inFlight++;
    line.client.publish(
      topic,
      JSON.stringify(payload),
      { qos: Math.min(messageQos[kind], this.#qosMax) as 0 | 1 | 2 },
      (error, packet) => {
        if (line !== this.#line) return;
        this.#inFlight--;
        this.#confirm(message, error ?? undefined, packet?.messageId);
        this.#publishWaiting();
      },
    );
  }

  #confirm({ device, owed }: OutboundMessage, error?: Error, id?: number): void {
    const isUnheard = id !== undefined && this.#unheard.delete(id);
    if (error || isUnheard) this.#hasMissed ||= owed !== undefined;
    else if (owed) void this.#deliver(device, owed);
  }

  /** What could not be written down is still owed: its device has to be called again. */
  async #deliver(device: string, { task, kind: message, attempt }: OwedName): Promise<void> {
    const input = { kind: "delivered", device, task, message, attempt } as const;
    const answer = await this.#options.engine.submit(input);
    this.#hasMissed ||= !answer.ok && answer.problem.status === 503;
  }
}
