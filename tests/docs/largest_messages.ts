/** The largest message of each kind that the bounds of the protocol allow. */
import {
  BAD_CHUNKS_MAX,
  CHUNK_BYTES_MAX,
  CHUNKS_MAX,
  DIGESTS_MAX,
  IMAGE_BYTES_MAX,
  parseReport,
  PART_BYTES_MAX,
  RETRIES_MAX,
  TASK_NUMBER_END,
} from "../../core/mod.ts";
import type { Device, Message, MessageKind, OwedKind, ReportKind, Task } from "../../core/mod.ts";
import { idleMessage, messageOf, rejectedMessage } from "../../core/device/messages.ts";
import { transportMessage } from "../../core/device/network.ts";
import { recommendationReasons } from "../../core/network/mod.ts";
import { HEARTBEAT_S, IN_FLIGHT_MAX } from "../../core/network/parameters.ts";
import { reasons } from "../../core/upgrade/reasons.ts";
import { taskStates } from "../../core/upgrade/task.ts";

const longest = (words: readonly string[]) => words.reduce((a, b) => b.length > a.length ? b : a);

/** A task in which everything is as long as it may be. */
const task = {
  id: "OTA_20231231_999999999",
  state: longest(taskStates),
  attempt: 1 + RETRIES_MAX,
  received: IMAGE_BYTES_MAX,
  chunkBytes: CHUNK_BYTES_MAX,
  badChunks: [] as number[],
  failure: longest(reasons),
  reason: longest(reasons),
  policy: {
    number: TASK_NUMBER_END - 1,
    image: `sha256:${"f".repeat(64)}`,
    size: IMAGE_BYTES_MAX,
    version: "9".repeat(64),
    priority: "security",
    completion: "verified",
    retries: RETRIES_MAX,
  },
} as unknown as Task;

/** The `retry` that names so many chunks, all of them with the longest numbers. */
export function retryOf(chunks: number): Message {
  const badChunks = Array.from({ length: chunks }, (_, n) => CHUNKS_MAX - chunks + n);
  return messageOf("retry", { ...task, badChunks }, { baseUrl: "", transport: "mqtt" });
}

/** What the members of a report are refused with, whatever is wrong with them. */
function refusals(): Message[] {
  const wrong = [null, "", "x".repeat(999), 1e999, -1, {}, ["x"], [-1]];
  const members = ["id", "attempt", "checksum", "status", "version", "bad_chunks", "delay_seconds"];
  const kinds: ReportKind[] = ["request", "progress", "verify", "status"];
  const checksum = task.policy.image;
  return kinds.flatMap((kind) =>
    members.flatMap((member) =>
      wrong.flatMap((value) => {
        const body = JSON.stringify({ checksum, status: "booted", [member]: value });
        const parsed = parseReport(kind, new TextEncoder().encode(body));
        return "code" in parsed ? [rejectedMessage({ ...parsed, task })] : [];
      })
    )
  );
}

/** The bytes of a message's payload. */
export function bytesOf({ payload }: Message): number {
  return new TextEncoder().encode(JSON.stringify(payload)).length;
}

/** What is recommended, in the longest words. */
const device = {
  network: {
    transport: "mqtt",
    chunkBytes: PART_BYTES_MAX,
    inFlight: IN_FLIGHT_MAX,
    heartbeatS: HEARTBEAT_S,
    reason: longest(recommendationReasons),
  },
} as unknown as Device;

/** The bytes of an image with the longest topic that there is for them, which begins with the device's. */
export function chunkPacketBytes(deviceTopic: string, bytes: number): number {
  const topic = `${deviceTopic}/chunk/${task.id}/${IMAGE_BYTES_MAX}`;
  return packetBytes(topic, bytes);
}

/** A PUBLISH: its header, the topic with its length, the packet id, the payload (MQTT 3.1.1 §3.3). */
export function packetBytes(topic: string, payloadBytes: number): number {
  const length = 2 + topic.length + 2 + payloadBytes;
  const headerBytes = length < 128 ? 2 : length < 16_384 ? 3 : 4;
  return headerBytes + length;
}

/** The digests of so many chunks, with the longest numbers. */
export function digestsOf(count: number): Message {
  const chunks = Array.from({ length: count }, () => task.policy.image);
  const from = CHUNKS_MAX - count;
  return {
    kind: "chunks",
    payload: { task_id: task.id, chunk_bytes: CHUNK_BYTES_MAX, from, chunks },
  };
}

/** The largest message of the kind; `baseUrl` is where the engine is. */
export function largest(kind: MessageKind, baseUrl: string): Message {
  switch (kind) {
    case "idle":
      return idleMessage(
        { ended: [{ ...task, offered: true }] } as unknown as Parameters<typeof idleMessage>[0],
      );
    case "rejected":
      return refusals().reduce((a, b) => bytesOf(b) > bytesOf(a) ? b : a);
    case "retry":
      return retryOf(BAD_CHUNKS_MAX);
    case "chunks":
      return digestsOf(DIGESTS_MAX);
    case "transport":
      return transportMessage(device);
    default:
      return messageOf(kind satisfies OwedKind, task, { baseUrl, transport: "mqtt" });
  }
}
