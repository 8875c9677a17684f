/**
 * Messages to devices, by way of the broker, whose acknowledgement is their delivery. As the adapter, it
 * keeps only so many waiting: what is owed of those beyond comes again when there is room.
 */
import type { OutboundMessage } from "../../engine/mod.ts";
import { messageQos } from "../../protocol/mod.ts";
import type { Running } from "../running.ts";
import type { MqttChannel } from "../network/mqtt.ts";

/** Messages that the broker has not acknowledged, where it does not say how many it takes. */
const IN_FLIGHT_UNSAID = 64;
const PACKET_MAX = 65_535;

/** How much an outlet holds: in production more than a fleet of a simulation ever gives it. */
export interface OutletLimits {
  /** Messages that wait for the broker. */
  readonly waitingMax: number;
  /** More is handed over when so few wait. */
  readonly waitingLow: number;
  /** Messages that the broker takes without acknowledging one; nothing: it does not say. */
  readonly receiveMax: number | undefined;
}

/** The way of messages to one connection after the other, in one life of the engine. */
export class BrokerOutlet {
  readonly #running: Running;
  readonly #limits: OutletLimits;
  #channel: MqttChannel | undefined;
  #waiting: OutboundMessage[] = [];
  readonly #underWay = new Map<number, OutboundMessage>();
  #lastPacket = 0;
  #hasMissed = false;
  #hasOverflowed = false;
  readonly #room: (() => void)[] = [];

  /** Nothing can be sent before `open`. */
  constructor(running: Running, limits: OutletLimits) {
    this.#running = running;
    this.#limits = limits;
  }

  /** Messages leave by this connection from now on. */
  open(channel: MqttChannel): void {
    this.#channel = channel;
    this.#underWay.clear();
  }

  /** The connection is gone; what is owed is sent again when there is one. */
  close(): void {
    this.#channel = undefined;
    this.#waiting = [];
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
    if (!this.#channel) return;
    if (this.#waiting.length >= this.#limits.waitingMax) {
      this.#hasOverflowed ||= message.owed !== undefined;
      return;
    }
    this.#waiting.push(message);
    this.#publishWaiting();
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    if (this.#waiting.length <= this.#limits.waitingLow) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** The broker has these; `isUnheard`: and nobody else will. */
  acknowledged(packets: readonly number[], isUnheard: boolean): void {
    for (const packet of packets) {
      const message = this.#underWay.get(packet);
      if (message && this.#underWay.delete(packet)) this.#confirm(message, isUnheard);
    }
    this.#publishWaiting();
  }

  #publishWaiting(): void {
    const { waitingLow, receiveMax = IN_FLIGHT_UNSAID } = this.#limits;
    if (this.#channel) this.#publish(this.#channel, receiveMax - this.#underWay.size);
    if (this.#waiting.length > waitingLow) return;
    this.#wake();
    if (this.#hasOverflowed) this.#running.engine.callAll();
    this.#hasOverflowed = false;
  }

  #wake(): void {
    for (const resolve of this.#room.splice(0)) resolve();
  }

  #publish(channel: MqttChannel, countMax: number): void {
    for (const letter of this.#waiting.splice(0, Math.max(0, countMax))) {
      this.#lastPacket = this.#lastPacket % PACKET_MAX + 1;
      const packet = this.#lastPacket;
      this.#underWay.set(packet, letter);
      const qos = messageQos[letter.message.kind];
      channel.up({ type: "publish", letter, qos, packet, isRepeat: false });
    }
  }

  #confirm({ device, owed }: OutboundMessage, isUnheard: boolean): void {
    if (!owed) return;
    if (isUnheard) {
      this.#hasMissed = true;
      return;
    }
    const { task, kind: message, attempt } = owed;
    const input = { kind: "delivered", device, task, message, attempt } as const;
    this.#running.submit(input, (answer) => {
      this.#hasMissed ||= !answer.ok && answer.problem.status === 503;
    });
  }
}
