/** Messages to devices, by way of the broker, in packets with ids. */
import { OutboundQueue } from "../../engine/mod.ts";
import type { Outbound, OutboundChunk, OutboundMessage } from "../../engine/mod.ts";
import { messageQos } from "../../protocol/mod.ts";
import type { Running } from "../running.ts";
import { CHUNK_QOS } from "../network/mqtt.ts";
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
  /** Bytes of an image that the broker takes in one message. */
  readonly bytesMax: number;
}

/** The way of messages to one connection after the other, in one life of the engine. */
export class BrokerOutlet {
  readonly #queue: OutboundQueue;
  readonly #window: number;
  readonly #bytesMax: number;
  #channel: MqttChannel | undefined;
  readonly #underWay = new Map<number, Outbound>();
  #lastPacket = 0;

  /** Nothing can be sent before `open`. */
  constructor(running: Running, limits: OutletLimits) {
    const { receiveMax = IN_FLIGHT_UNSAID, bytesMax } = limits;
    this.#window = receiveMax;
    this.#bytesMax = bytesMax;
    this.#queue = new OutboundQueue({
      ...limits,
      publish: (outbound) => this.#publish(outbound),
      submit: (input) => running.ask(input),
      callAll: () => running.engine.callAll(),
    });
  }

  /** Messages leave by this connection from now on. */
  open(channel: MqttChannel): void {
    this.#channel = channel;
    this.#underWay.clear();
    this.#queue.open(this.#window);
  }

  /** The connection is gone; what is owed is sent again when there is one. */
  close(): void {
    this.#channel = undefined;
    this.#queue.close();
  }

  /** Whether an owed message reached nobody since this was last asked. */
  takeMissed(): boolean {
    return this.#queue.takeMissed();
  }

  /** Sends it, if there is a connection and room. */
  send(message: OutboundMessage): void {
    this.#queue.send(message);
  }

  /** Sends the bytes, if there is a connection. */
  sendChunk(chunk: OutboundChunk): void {
    if (chunk.bytes.length > this.#bytesMax) chunk.done("too_large");
    else this.#queue.sendChunk(chunk);
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    return this.#queue.room();
  }

  /** The broker has these; `isUnheard`: and nobody else will. */
  acknowledged(packets: readonly number[], isUnheard: boolean): void {
    for (const packet of packets) {
      const outbound = this.#underWay.get(packet);
      if (outbound && this.#underWay.delete(packet)) this.#queue.done(outbound, !isUnheard);
    }
  }

  #publish(letter: Outbound): void {
    this.#lastPacket = this.#lastPacket % PACKET_MAX + 1;
    const packet = this.#lastPacket;
    this.#underWay.set(packet, letter);
    const qos = "bytes" in letter ? CHUNK_QOS : messageQos[letter.message.kind];
    this.#channel?.up({ type: "publish", letter, qos, packet, isRepeat: false });
  }
}
