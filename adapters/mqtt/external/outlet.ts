/**
 * Messages to devices, by way of the broker: no more at once than it takes. Its acknowledgement is
 * the delivery of an owed message, unless it says that nobody is subscribed.
 */
import { Buffer } from "node:buffer";
import { chunkTopic, messageQos, topicOf } from "../../../core/mod.ts";
import { OutboundQueue } from "../../../core/engine/mod.ts";
import type {
  EngineApi,
  Outbound,
  OutboundChunk,
  OutboundMessage,
  Outbox,
} from "../../../core/engine/mod.ts";
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
/** Of a packet beside its topic and payload: header, two lengths, packet id, no properties (§3.3). */
const HEAD_BYTES = 10;

/** What the outlet needs. */
export interface OutletOptions {
  readonly engine: EngineApi;
  readonly prefix: string;
}

/** The way of messages to one connection after the other. */
export class Outlet implements Pick<Outbox, "send" | "sendChunk" | "room"> {
  readonly #prefix: string;
  readonly #queue: OutboundQueue;
  #line: Line | undefined;
  /** The highest QoS that the broker takes (MQTT 5 §3.2.2.3.4). */
  #qosMax = 2;
  /** The largest packet that it takes; a larger one would end the connection (§3.2.2.3.6). */
  #packetBytesMax = Infinity;
  /** Packet ids that nobody was subscribed to. */
  readonly #unheard = new Set<number>();

  /** Nothing can be sent before `open`. */
  constructor({ engine, prefix }: OutletOptions) {
    this.#prefix = prefix;
    this.#queue = new OutboundQueue({
      waitingMax: WAITING_MAX,
      waitingLow: WAITING_LOW,
      publish: (message) => this.#publish(this.#line!, message),
      submit: (input) => engine.submit(input),
      callAll: () => engine.callAll(),
    });
  }

  /** Messages leave by this line from now on. */
  open(line: Line): void {
    this.#line = line;
    const { receiveMaximum = IN_FLIGHT_MAX, maximumQoS = 2, maximumPacketSize = Infinity } =
      line.connack.properties ?? {};
    this.#qosMax = maximumQoS;
    this.#packetBytesMax = maximumPacketSize;
    this.#unheard.clear();
    const isFive = line.client.options.protocolVersion === 5;
    this.#queue.open(isFive ? Math.min(receiveMaximum, IN_FLIGHT_MAX) : IN_FLIGHT_UNSAID);
    line.client.on("packetreceive", (packet) => {
      const isAck = packet.cmd === "puback" || packet.cmd === "pubrec";
      if (isAck && packet.reasonCode === NO_SUBSCRIBERS) this.#unheard.add(packet.messageId!);
    });
  }

  /** The line is gone; what is owed is sent again when there is one. */
  close(): void {
    this.#line = undefined;
    this.#queue.close();
  }

  /** Whether an owed message reached nobody since this was last asked. */
  takeMissed(): boolean {
    return this.#queue.takeMissed();
  }

  send(message: OutboundMessage): void {
    this.#queue.send(message);
  }

  sendChunk(chunk: OutboundChunk): void {
    const { topic, payload } = chunkPacket(this.#prefix, chunk);
    const bytes = HEAD_BYTES + Buffer.byteLength(topic) + payload.length;
    if (bytes > this.#packetBytesMax) chunk.done("too_large");
    else this.#queue.sendChunk(chunk);
  }

  room(): Promise<void> {
    return this.#queue.room();
  }

  #publish(line: Line, outbound: Outbound): void {
    const { topic, payload, qos } = "bytes" in outbound
      ? chunkPacket(this.#prefix, outbound)
      : messagePacket(this.#prefix, outbound);
    const options = { qos: Math.min(qos, this.#qosMax) as 0 | 1 | 2 };
    line.client.publish(topic, payload, options, (error, packet) => {
      // Without a reason code it was not the broker who answered: the line ends, with all that is under way.
      if (line !== this.#line || error && !("code" in error)) return;
      const isUnheard = packet?.messageId !== undefined && this.#unheard.delete(packet.messageId);
      this.#queue.done(outbound, !error && !isUnheard);
    });
  }
}

function chunkPacket(prefix: string, { device, task, offset, bytes }: OutboundChunk) {
  // MQTT.js wants a Buffer: a view of the same bytes.
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { topic: chunkTopic(prefix, device, task, offset), payload, qos: 1 };
}

function messagePacket(prefix: string, { device, message: { kind, payload } }: OutboundMessage) {
  const topic = topicOf(prefix, device, kind);
  return { topic, payload: JSON.stringify(payload), qos: messageQos[kind] };
}
