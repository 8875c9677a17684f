/** Messages to devices, by way of the broker, whose acknowledgement is their delivery. */
import type { OutboundMessage } from "../../engine/mod.ts";
import { messageQos } from "../../protocol/mod.ts";
import type { Running } from "../running.ts";
import type { MqttChannel } from "../network/mqtt.ts";

/** Messages that the broker has not acknowledged: with MQTT 3.1.1, and with 5. */
const IN_FLIGHT_UNSAID = 64;
const IN_FLIGHT_MAX = 512;
const PACKET_MAX = 65_535;

/** The way of messages to one connection after the other, in one life of the engine. */
export class BrokerOutlet {
  readonly #running: Running;
  readonly #windowMax: number;
  #channel: MqttChannel | undefined;
  #waiting: OutboundMessage[] = [];
  readonly #underWay = new Map<number, OutboundMessage>();
  #lastPacket = 0;
  #hasMissed = false;

  /** Nothing can be sent before `open`. */
  constructor(running: Running, isFive: boolean) {
    this.#running = running;
    this.#windowMax = isFive ? IN_FLIGHT_MAX : IN_FLIGHT_UNSAID;
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
  }

  /** Whether an owed message reached nobody since this was last asked. */
  takeMissed(): boolean {
    const hasMissed = this.#hasMissed;
    this.#hasMissed = false;
    return hasMissed;
  }

  /** Sends it, if there is a connection. */
  send(message: OutboundMessage): void {
    if (!this.#channel) return;
    this.#waiting.push(message);
    this.#publishWaiting();
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
    const count = Math.min(this.#waiting.length, this.#windowMax - this.#underWay.size);
    if (!this.#channel || count <= 0) return;
    for (const letter of this.#waiting.splice(0, count)) {
      this.#lastPacket = this.#lastPacket % PACKET_MAX + 1;
      const packet = this.#lastPacket;
      this.#underWay.set(packet, letter);
      const qos = messageQos[letter.message.kind];
      this.#channel.up({ type: "publish", letter, qos, packet, isRepeat: false });
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
