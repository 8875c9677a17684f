/**
 * Which of our messages the device itself has confirmed. The broker numbers its packets itself, so a
 * message is known by its topic or payload until it is seen on the wire, and by its number from then on.
 */

/** What a message on the wire is known by. */
export type Sign = { readonly topic: string } | { readonly payload: string };

/** Called once: the device has the message, or nobody will ever know. */
export type OnConfirmed = (isConfirmed: boolean) => void;

/** Messages on their way to one connection. */
const IN_FLIGHT_MAX = 256;

interface Expected {
  readonly sign: Sign;
  readonly done: OnConfirmed;
}

/** The messages on their way to one connection. */
export class Confirmations {
  /** Handed to the broker and not yet seen on the wire. */
  readonly #expected: Expected[] = [];
  /** On the wire and not yet confirmed, by packet id. */
  readonly #sent = new Map<number, OnConfirmed>();
  #isClosed = false;

  /** The message will be on the wire soon. */
  expect(sign: Sign, done: OnConfirmed): void {
    if (this.#isClosed) return done(false);
    this.#expected.push({ sign, done });
    if (this.#expected.length > IN_FLIGHT_MAX) this.#expected.shift()!.done(false);
  }

  /**
   * A PUBLISH with QoS above 0 went out: topic, packet id, payload (MQTT 3.1.1 §3.3). Of a long one
   * only the beginning is needed.
   */
  sent(body: Uint8Array): void {
    if (this.#expected.length === 0) return;
    const topicEnd = 2 + (body[0]! << 8 | body[1]!);
    const id = body[topicEnd]! << 8 | body[topicEnd + 1]!;
    const topic = text(body.subarray(2, topicEnd));
    let payload: string | undefined;
    const isIt = ({ sign }: Expected) =>
      "topic" in sign
        ? sign.topic === topic
        : sign.payload === (payload ??= text(body.subarray(topicEnd + 2)));
    const index = this.#expected.findIndex(isIt);
    if (index < 0) return;
    const [{ done }] = this.#expected.splice(index, 1) as [Expected];
    if (this.#sent.size >= IN_FLIGHT_MAX) this.#giveUpOldest();
    // Numbers begin again after 65,535: who has one still was forgotten by the device.
    this.#sent.get(id)?.(false);
    this.#sent.set(id, done);
  }

  /** The device confirmed the packet id. */
  confirmed(id: number): void {
    const done = this.#sent.get(id);
    this.#sent.delete(id);
    done?.(true);
  }

  /** The connection is gone: nothing is confirmed any more. */
  close(): void {
    this.#isClosed = true;
    const left = [...this.#sent.values(), ...this.#expected.map(({ done }) => done)];
    this.#sent.clear();
    this.#expected.length = 0;
    for (const done of left) done(false);
  }

  #giveUpOldest(): void {
    const [[id, done]] = this.#sent as unknown as [[number, OnConfirmed]];
    this.#sent.delete(id);
    done(false);
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
