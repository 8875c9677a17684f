/** What a device is told, made from its state: messages are derived, never stored. */
import type { Message, Metadata, OwedKind, OwedName, Transport } from "../protocol/mod.ts";
import { toHex } from "../protocol/mod.ts";
import type { DeviceEffectData } from "../upgrade/events.ts";
import { maxAttempts } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";
import type { Refusal } from "./interpret.ts";
import { standingOf, transportMessage } from "./network.ts";
import { chunkCount } from "./numbers.ts";
import { owedKindOf } from "./owed.ts";
import { lastEnded, taskOf } from "./state.ts";
import type { Device } from "./state.ts";

/** When a device with nothing to do should ask again, in seconds. */
const ASK_AGAIN_S = 3_600;

/** How an offer names the bytes. */
export interface Source {
  /** Absolute, without a slash at its end. */
  readonly baseUrl: string;
  /** How they are best fetched. */
  readonly transport: Transport;
}

/** The message of an owed kind for the task. */
export function messageOf(kind: OwedKind, task: Task, source: Source): Message {
  const task_id = task.id;
  switch (kind) {
    case "metadata":
      return { kind, payload: metadataOf(task, source) };
    case "verified":
      return { kind, payload: { task_id, completion: task.policy.completion } };
    case "success":
      return { kind, payload: { task_id, version: task.policy.version } };
    case "retry":
      return {
        kind,
        payload: {
          task_id,
          attempt: task.attempt,
          max_attempts: maxAttempts(task.policy),
          reason: task.failure ?? "device_failed",
          resume_from: task.received,
          ...(task.badChunks.length > 0 ? { bad_chunks: task.badChunks } : {}),
        },
      };
    case "failed":
      return { kind, payload: { task_id, state: task.state, reason: task.reason ?? task.state } };
    case "cancel":
      return { kind, payload: { task_id, reason: task.reason ?? task.state } };
  }
}

/** The message of an effect, if the device still has the task. */
export function messageFor(
  device: Device,
  effect: DeviceEffectData,
  baseUrl: string,
): { message: Message; owed?: OwedName } | undefined {
  if (effect.type === "sendTransport") return { message: transportMessage(device) };
  const kind = owedKindOf(effect.type);
  const task = taskOf(device, effect.task);
  if (!kind || !task) return undefined;
  const owed = { task: task.id, kind, attempt: task.attempt };
  return { message: messageOf(kind, task, sourceOf(device, baseUrl)), owed };
}

/** How the device is offered bytes. */
export function sourceOf(device: Device, baseUrl: string): Source {
  return { baseUrl, transport: standingOf(device).transport };
}

/** Nothing to do now, and how the last task ended that the device has heard of. */
export function idleMessage(device: Device): Message {
  const last = lastEnded(device);
  return {
    kind: "idle",
    payload: {
      ...(last
        ? { last: { task_id: last.id, state: last.state, version: last.policy.version } }
        : {}),
      ask_again_seconds: ASK_AGAIN_S,
    },
  };
}

/** A refusal, with the current state of the task it is about. */
export function rejectedMessage({ code, reason, task }: Refusal): Message {
  return {
    kind: "rejected",
    payload: { code, reason, ...(task ? { task_id: task.id, state: task.state } : {}) },
  };
}

function metadataOf(task: Task, { baseUrl, transport }: Source): Metadata {
  const { policy, chunkBytes } = task;
  const url = `${baseUrl}/artifacts/${toHex(policy.image)}`;
  return {
    task_id: task.id,
    number: policy.number,
    version: policy.version,
    url,
    size: policy.size,
    checksum: policy.image,
    chunk_size: chunkBytes / 1024,
    chunk_bytes: chunkBytes,
    chunk_count: chunkCount(policy.size, chunkBytes),
    chunks_url: `${url}/chunks?bytes=${chunkBytes}`,
    attempt: task.attempt,
    max_attempts: maxAttempts(policy),
    priority: policy.priority,
    transport,
    resume_from: task.received,
    completion: policy.completion,
  };
}
