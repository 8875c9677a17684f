/** What a broker keeps of one client: what it is to hear, in order, until it has acknowledged that. */
import type { Letter, MqttChannel } from "../network/mqtt.ts";

/** Packet ids have two bytes. */
const PACKET_MAX = 65_535;

interface Held {
  readonly letter: Letter;
  readonly qos: number;
}

/** A session at a broker. */
export class BrokerSession {
  /** Whether it outlives the connection. */
  readonly isKept: boolean;
  /** What it has subscribed to. */
  readonly hears = new Set<string>();
  /** How bytes come to it at most; nothing: it has not subscribed to any. */
  chunks: 0 | 1 | undefined;
  /** Messages that may be under way at once. */
  readonly #windowMax: number;
  #channel: MqttChannel | undefined;
  /** Sent and not acknowledged, by packet id, in the order in which they were sent. */
  readonly #underWay = new Map<number, Held>();
  #waiting: Held[] = [];
  #lastPacket = 0;

  /** Nobody is connected yet. */
  constructor(isKept: boolean, windowMax: number) {
    this.isKept = isKept;
    this.#windowMax = windowMax;
  }

  /** The client is there (again): what it has not acknowledged comes first, and in order. */
  attach(channel: MqttChannel): void {
    this.#channel = channel;
    for (const [packet, { letter, qos }] of this.#underWay) {
      channel.down({ type: "publish", letter, qos, packet, isRepeat: true });
    }
    this.#send();
  }

  /** The client is gone. */
  detach(): void {
    this.#channel = undefined;
  }

  /** The client is to hear this: at QoS 0 now or never. */
  give(letter: Letter, qos: number): void {
    if (qos === 0) {
      this.#channel?.down({ type: "publish", letter, qos, packet: 0, isRepeat: false });
      return;
    }
    if (!this.#channel && !this.isKept) return;
    this.#waiting.push({ letter, qos });
    this.#send();
  }

  /** The client has these. */
  acknowledge(packets: readonly number[]): void {
    for (const packet of packets) this.#underWay.delete(packet);
    this.#send();
  }

  #send(): void {
    const channel = this.#channel;
    const count = Math.min(this.#waiting.length, this.#windowMax - this.#underWay.size);
    if (!channel || count <= 0) return;
    for (const held of this.#waiting.splice(0, count)) {
      const packet = this.#nextPacket();
      this.#underWay.set(packet, held);
      channel.down({ type: "publish", ...held, packet, isRepeat: false });
    }
  }

  #nextPacket(): number {
    do this.#lastPacket = this.#lastPacket % PACKET_MAX + 1; while (
      this.#underWay.has(this.#lastPacket)
    );
    return this.#lastPacket;
  }
}
