/** MQTT 3.1.1 as bytes: only what a device of a measurement says and hears. */

export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREL = 6;
export const SUBACK = 9;
export const CONNACK = 2;

const encoder = new TextEncoder();

/** A text as MQTT has it: two bytes of length before it. */
function text(said: string): number[] {
  const bytes = encoder.encode(said);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

function packet(first: number, ...parts: (readonly number[] | Uint8Array)[]): Uint8Array {
  let left = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [first];
  do {
    head.push(left & 127 | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Uint8Array.from(head), ...parts.map((part) => Uint8Array.from(part))]);
}

/** CONNECT with a clean session and without keep-alive. */
export function connectPacket(device: string, token: string): Uint8Array {
  return packet(0x10, [...text("MQTT"), 4, 0xc2, 0, 0], text(device), text(device), text(token));
}

/** SUBSCRIBE to one filter at QoS 2. */
export function subscribePacket(filter: string): Uint8Array {
  return packet(0x82, [0, 1, ...text(filter), 2]);
}

/** PUBLISH at QoS 1. */
export function publishPacket(topic: string, payload: string, id: number): Uint8Array {
  return packet(0x32, text(topic), [id >> 8, id & 255], encoder.encode(payload));
}

/** The next step of a message at this QoS that came in: PUBACK or PUBREC. */
export function takenPacket(qos: number, id: number): Uint8Array {
  return Uint8Array.of(qos === 1 ? 0x40 : 0x50, 2, id >> 8, id & 255);
}

/** PUBCOMP: the last step of a message at QoS 2. */
export function completePacket(id: number): Uint8Array {
  return Uint8Array.of(0x70, 2, id >> 8, id & 255);
}

/** Cuts what a connection gives into packets. */
export class PacketReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** Takes the next bytes; `take` gets each whole packet's first byte and body. */
  push(bytes: Uint8Array, take: (first: number, body: Uint8Array) => void): void {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let end = endOf(rest); end; end = endOf(rest)) {
      take(rest[0]!, rest.subarray(end.body, end.next));
      rest = rest.subarray(end.next);
    }
    this.#rest = rest;
  }
}

/** Where the body of the first packet begins and the next packet; `undefined`: not all is there. */
function endOf(bytes: Uint8Array): { body: number; next: number } | undefined {
  let length = 0;
  for (let at = 1; at < bytes.length; at++) {
    length |= (bytes[at]! & 127) << (7 * (at - 1));
    if (bytes[at]! > 127) continue;
    const next = at + 1 + length;
    return next <= bytes.length ? { body: at + 1, next } : undefined;
  }
}
