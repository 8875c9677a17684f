/** States as operators see them (PROTOCOL §3): snake_case, times RFC 3339 in UTC. */
import type { Device } from "../device/state.ts";
import { personalIn } from "../log/mod.ts";
import type { RowHeader, SealedRow } from "../log/mod.ts";
import type { Recommendation } from "../network/mod.ts";
import type { DeviceAsOf } from "../replay/as_of.ts";
import { messageId, toChecksum, topicOf } from "../protocol/mod.ts";
import { deadlineOf } from "../upgrade/deadline.ts";
import { isActive, maxAttempts } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";
import { fetchedBytes } from "../upgrade/transfer.ts";
import type { Image, OutboundMessage } from "./ports.ts";
import type { Firmware } from "./reads.ts";

type Json = Readonly<Record<string, unknown>>;

/** RFC 3339 of engine time. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** A task; members without a value are left out. */
export function taskView(task: Task): Json {
  const { policy } = task;
  const deadline = deadlineOf(task);
  return {
    task_id: task.id,
    number: policy.number,
    device_id: task.device,
    version: policy.version,
    ...(policy.product === undefined ? {} : { product: policy.product }),
    checksum: policy.image,
    state: task.state,
    ...(task.reason === null ? {} : { reason: task.reason }),
    attempt: task.attempt,
    max_attempts: maxAttempts(policy),
    received: task.received,
    fetched: fetchedBytes(task.transfers),
    size: policy.size,
    priority: policy.priority,
    completion: policy.completion,
    ...(deadline ? { deadline_at: timeText(deadline.due) } : {}),
    created_at: timeText(task.queuedAt),
    updated_at: timeText(task.updatedAt),
    actor: task.actor,
  };
}

/** What was given out for a task (PROTOCOL §3, the transfer record). */
export function transferView({ id, policy, transfers }: Task): Json {
  return {
    task_id: id,
    size: policy.size,
    fetched: fetchedBytes(transfers),
    attempts: transfers.map(({ first_at, last_at, anew: _, ...counts }) => ({
      ...counts,
      ...(counts.requests === 0 ? {} : {
        first_request_at: timeText(first_at),
        last_request_at: timeText(last_at),
      }),
    })),
  };
}

/** A device and its tags; `heardAt`: when this run of the engine last heard it. */
export function deviceView(
  device: Device,
  tags: readonly string[] | undefined,
  heardAt: number | undefined,
): Json {
  const contactAt = Math.max(device.lastContactAt, heardAt ?? 0);
  const active = device.tasks.find(isActive);
  return {
    device_id: device.id,
    ...(device.product === null ? {} : { product: device.product }),
    ...(device.hardware === null ? {} : { hardware: device.hardware }),
    tags: tags ?? [],
    ...(device.version === null ? {} : { version: device.version }),
    ...(contactAt > 0 ? { last_contact_at: timeText(contactAt) } : {}),
    ...(active ? { active_task: active.id } : {}),
    ...(device.network ? { network: networkView(device.network) } : {}),
    queue: device.tasks.filter((task) => task !== active).map((task) => task.id),
    revoked: device.revoked,
  };
}

/** How the device had better fetch, as it was told last. */
function networkView(network: Recommendation): Json {
  const { transport, chunkBytes, inFlight, heartbeatS, reason, at } = network;
  return {
    transport,
    chunk_bytes: chunkBytes,
    chunks_in_flight: inFlight,
    heartbeat_seconds: heartbeatS,
    reason,
    since: timeText(at),
  };
}

/** A device as of a point of its log, with the last of its rows that is in it. */
export function deviceAsOfView({ device, tags, seq, at }: DeviceAsOf): Json {
  return { ...deviceView(device, tags, undefined), as_of: { seq, at: timeText(at) } };
}

/** A version of a product. */
export function firmwareView(firmware: Firmware): Json {
  const { version, product, image, namedAt, headerIgnored } = firmware;
  return {
    ...imageView(version, product, image),
    ...(headerIgnored ? { header_ignored: true } : {}),
    created_at: timeText(namedAt),
  };
}

/** An image under the version that names it, and what its file says of itself. */
export function imageView(version: string, product: string | null, image: Image): Json {
  const { digest: _, ...header } = image.header ?? {};
  return {
    version,
    ...(product === null ? {} : { product }),
    size: image.size,
    checksum: toChecksum(image.sha256),
    ...(image.header ? { header } : {}),
  };
}

/** A row of the log with its data, what is personal among it, in the place of the data's hash. */
export function rowView(row: SealedRow): Json {
  const header = JSON.parse(row.bytes) as RowHeader;
  return { ...header, at: timeText(header.at), data: dataView(row), hash: row.hash };
}

/** What a row says, each member where it would stand if nothing could be erased. */
export function dataView({ data, personal }: Pick<SealedRow, "data" | "personal">): Json {
  const { personal: _, ...said } = JSON.parse(data);
  return { ...said, ...personalIn(personal) };
}

/** A message for a device over HTTP. What is owed keeps its id; a courtesy bears its kind's name. */
export function messageView(prefix: string, { device, message, owed }: OutboundMessage): Json {
  const { kind, payload } = message;
  return { id: owed ? messageId(owed) : kind, topic: topicOf(prefix, device, kind), payload };
}
