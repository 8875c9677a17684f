/**
 * Which of our messages the device itself has confirmed. The broker numbers its packets itself, so
 * an owed message is known by its payload until it is seen on the wire, and by its number from then on.
 */
import type { OwedKind } from "../../../core/mod.ts";

/** An owed message as the device's confirmation names it. */
export interface OwedMessage {
  readonly task: string;
  readonly kind: OwedKind;
  readonly attempt: number;
}

/** Messages on their way to one connection. */
const IN_FLIGHT_MAX = 256;

/** The owed messages of one connection. */
export class Confirmations {
  /** Handed to the broker and not yet seen on the wire. */
  #expected: { payload: string; owed: OwedMessage }[] = [];
  /** On the wire and not yet confirmed, by packet id. */
  readonly #sent = new Map<number, OwedMessage>();

  /** The payload will be on the wire soon; its confirmation confirms the owed message. */
  expect(payload: string, owed: OwedMessage): void {
    this.#expected.push({ payload, owed });
    if (this.#expected.length > IN_FLIGHT_MAX) this.#expected.shift();
  }

  /** A PUBLISH with QoS above 0 went out: topic, packet id, payload (MQTT 3.1.1 §3.3). */
  sent(body: Uint8Array): void {
    const topicEnd = 2 + (body[0]! << 8 | body[1]!);
    const id = body[topicEnd]! << 8 | body[topicEnd + 1]!;
    const payload = new TextDecoder().decode(body.subarray(topicEnd + 2));
    const index = this.#expected.findIndex((message) => message.payload === payload);
    if (index < 0) return;
    const owed = this.#expected.splice(index, 1)[0]!.owed;
    if (this.#sent.size >= IN_FLIGHT_MAX) this.#sent.clear();
    this.#sent.set(id, owed);
  }

  /** The device confirmed the packet id: the owed message that went out with it. */
  confirmed(id: number): OwedMessage | undefined {
    const owed = this.#sent.get(id);
    this.#sent.delete(id);
    return owed;
  }
}
