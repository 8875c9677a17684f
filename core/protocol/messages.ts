/**
 * What the engine may tell a device, over any transport: the payloads of PROTOCOL §1 and how
 * carefully each is sent.
 */
import type { Transport } from "./reports.ts";

/** Why a report may be refused (PROTOCOL §1). */
export const REJECTED_CODES = [
  "malformed",
  "too_large",
  "unknown_task",
  "no_task",
  "wrong_task",
  "wrong_phase",
  "ended",
  "out_of_range",
  "not_allowed",
  "rate_limited",
] as const;

/** A word of the list. */
export type RejectedCode = (typeof REJECTED_CODES)[number];

/** The offer: everything a device needs to fetch and check the image. */
export interface Metadata {
  /** `OTA_20230801_001` */
  readonly task_id: string;
  /** Unique for ever; fits a signed 32-bit integer. */
  readonly number: number;
  /** The version to go to. */
  readonly version: string;
  /** Where the bytes are; no credential in it. */
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly checksum: string;
  /** KiB; may be a fraction when `chunk_bytes` is below 1,024. */
  readonly chunk_size: number;
  /** Bytes of a chunk; this one counts. */
  readonly chunk_bytes: number;
  /** How many chunks there are. */
  readonly chunk_count: number;
  /** Where the digests of the chunks are. */
  readonly chunks_url: string;
  /** The attempt that begins, from 1. */
  readonly attempt: number;
  /** 1 + retries. */
  readonly max_attempts: number;
  /** Its priority class. */
  readonly priority: string;
  /** How the bytes are best fetched. */
  readonly transport: Transport;
  /** The byte to begin at. */
  readonly resume_from: number;
  /** The evidence that success needs. */
  readonly completion: string;
}

/** A message to a device: the last level of its topic, and its payload. */
export type Message =
  | { readonly kind: "metadata"; readonly payload: Metadata }
  | { readonly kind: "idle"; readonly payload: IdlePayload }
  | {
    readonly kind: "verified";
    readonly payload: { readonly task_id: string; readonly completion: string };
  }
  | {
    readonly kind: "success";
    readonly payload: { readonly task_id: string; readonly version: string };
  }
  | { readonly kind: "retry"; readonly payload: RetryPayload }
  | {
    readonly kind: "failed";
    readonly payload: { readonly task_id: string; readonly state: string; readonly reason: string };
  }
  | {
    readonly kind: "cancel";
    readonly payload: { readonly task_id: string; readonly reason: string };
  }
  | { readonly kind: "rejected"; readonly payload: RejectedPayload }
  | { readonly kind: "chunks"; readonly payload: ChunksPayload }
  | { readonly kind: "transport"; readonly payload: TransportPayload };

/** Nothing to do now, and how the last task ended. */
export interface IdlePayload {
  /** How the last task ended. */
  readonly last?: { readonly task_id: string; readonly state: string; readonly version: string };
  /** When to ask again, in seconds. */
  readonly ask_again_seconds: number;
}

/** Begin the next attempt at `resume_from`. */
export interface RetryPayload {
  /** `OTA_20230801_001` */
  readonly task_id: string;
  /** The attempt that begins, from 2. */
  readonly attempt: number;
  /** 1 + retries. */
  readonly max_attempts: number;
  /** What the last attempt was spent by. */
  readonly reason: string;
  /** The byte to begin at. */
  readonly resume_from: number;
  /** The chunks to fetch again; without them everything from `resume_from` on. */
  readonly bad_chunks?: readonly number[];
}

/** A report that was refused, with the current state. */
export interface RejectedPayload {
  /** A code of PROTOCOL §1. */
  readonly code: RejectedCode;
  /** A sentence for the device's developer. */
  readonly reason: string;
  /** The task it is about. */
  readonly task_id?: string;
  /** That task's state. */
  readonly state?: string;
}

/** The digests of some chunks of a task's image. */
export interface ChunksPayload {
  /** `OTA_20230801_001` */
  readonly task_id: string;
  /** Bytes of a chunk, but for the last. */
  readonly chunk_bytes: number;
  /** The first of them, from 0. */
  readonly from: number;
  /** `sha256:` and 64 hexadecimal digits each. */
  readonly chunks: readonly string[];
}

/** How the device had better fetch from now on, in the same task and at the byte where it is. */
export interface TransportPayload {
  /** Over which transport. */
  readonly transport: Transport;
  /** KiB; a fraction below 1,024 bytes. */
  readonly chunk_size: number;
  /** How many bytes to ask for at once; chunks keep the numbers that the metadata gave them. */
  readonly chunk_bytes: number;
  /** How many of these to have on their way, over MQTT. */
  readonly chunks_in_flight: number;
  /** To be heard at least so often while it fetches: by progress, if by nothing else. */
  readonly heartbeat_seconds: number;
  /** Why, in a word. */
  readonly reason: string;
}

/** The name of a message: the last level of its topic. */
export type MessageKind = Message["kind"];

/** Messages that are owed: sent again until the device has them. The others are courtesies. */
export type OwedKind = "metadata" | "verified" | "success" | "retry" | "failed" | "cancel";

const owedKinds: ReadonlySet<string> = new Set<OwedKind>([
  "metadata",
  "verified",
  "success",
  "retry",
  "failed",
  "cancel",
]);

/** The QoS each message is sent with (PROTOCOL §1). */
export const messageQos: Readonly<Record<MessageKind, 1 | 2>> = {
  metadata: 1,
  idle: 1,
  verified: 2,
  success: 2,
  retry: 2,
  failed: 2,
  cancel: 2,
  rejected: 1,
  chunks: 1,
  transport: 1,
};

/** Which owed message: of this task, of this kind, of this attempt. */
export interface OwedName {
  /** `OTA_20230801_001` */
  readonly task: string;
  /** Which message. */
  readonly kind: OwedKind;
  /** The attempt it belongs to, from 1. */
  readonly attempt: number;
}

/** The id of an owed message over HTTP: the same each time it is given (PROTOCOL §2). */
export function messageId({ task, kind, attempt }: OwedName): string {
  return `${task}.${kind}.${attempt}`;
}

/** The owed message that an id names; `undefined`: none. */
export function parseMessageId(id: string): OwedName | undefined {
  const match = /^(OTA_\d{8}_\d{3,10})\.([a-z]{1,16})\.(\d{1,4})$/.exec(id);
  const [, task, kind, attempt] = match ?? [];
  return task && kind && isOwedKind(kind) ? { task, kind, attempt: Number(attempt) } : undefined;
}

/** Whether a message of this kind is sent again until it is delivered. */
export function isOwedKind(kind: string): kind is OwedKind {
  return owedKinds.has(kind);
}
