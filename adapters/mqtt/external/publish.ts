/** A PUBLISH packet from its bytes (MQTT 3.1.1 §3.3, MQTT 5 §3.3). */
import { PAYLOAD_BYTES_MAX } from "../../../core/mod.ts";

/** MQTT 3.1.1 and MQTT 5, as CONNECT names them. */
export type MqttVersion = 4 | 5;

/** A message of the broker. */
export interface Publish {
  readonly topic: string;
  readonly qos: number;
  /** It may have come before. */
  readonly dup: boolean;
  readonly retain: boolean;
  /** `undefined` with QoS 0. */
  readonly id: number | undefined;
  /** `undefined`: it is larger than anybody may send, and was not kept. */
  readonly payload: Uint8Array | undefined;
}

/** Topics have two bytes of length. */
const TOPIC_BYTES_MAX = 65_535;

/** Of a longer packet only so many bytes are kept: enough for its topic, its id and a whole payload. */
export const PUBLISH_BYTES_KEPT = TOPIC_BYTES_MAX + PAYLOAD_BYTES_MAX + 64;

const decoder = new TextDecoder();

/**
 * Reads a packet of `length` bytes behind its fixed header, of which `body` is the first part.
 *
 * @throws {RangeError} when it is malformed.
 */
export function readPublish(
  first: number,
  body: Uint8Array,
  length: number,
  version: MqttVersion,
): Publish {
  const qos = first >> 1 & 3;
  const topicEnd = 2 + uint16(body, 0);
  const topic = decoder.decode(body.subarray(2, topicEnd));
  const idEnd = topicEnd + (qos > 0 ? 2 : 0);
  if (qos > 2 || idEnd > body.length) throw new RangeError("Malformed PUBLISH");
  const start = version === 5 ? endOfProperties(body, idEnd) : idEnd;
  if (start > length) throw new RangeError("Malformed PUBLISH");
  const isKept = length === body.length && length - start <= PAYLOAD_BYTES_MAX;
  return {
    topic,
    qos,
    dup: (first & 8) > 0,
    retain: (first & 1) > 0,
    id: qos > 0 ? uint16(body, topicEnd) : undefined,
    payload: isKept ? body.subarray(start) : undefined,
  };
}

function uint16(bytes: Uint8Array, at: number): number {
  if (at + 2 > bytes.length) throw new RangeError("Malformed PUBLISH");
  return bytes[at]! << 8 | bytes[at + 1]!;
}

/** Nothing in the properties matters to us; a variable byte integer says how long they are. */
function endOfProperties(body: Uint8Array, from: number): number {
  let length = 0;
  for (let at = from; at < from + 4; at++) {
    const byte = body[at];
    if (byte === undefined) break;
    length += (byte & 127) * 128 ** (at - from);
    if (byte < 128) return at + 1 + length;
  }
  throw new RangeError("Malformed PUBLISH");
}
