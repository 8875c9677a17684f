/**
 * What the engine may tell a device, over any transport: the payloads of PROTOCOL §1 and how
 * carefully each is sent.
 */

/** Why a report was refused. */
export type RejectedCode =
  | "malformed"
  | "too_large"
  | "unknown_task"
  | "no_task"
  | "wrong_task"
  | "wrong_phase"
  | "ended"
  | "out_of_range"
  | "not_allowed"
  | "rate_limited";

/** The offer: everything a device needs to fetch and check the image. */
export interface Metadata {
  readonly task_id: string;
  readonly number: number;
  readonly version: string;
  readonly url: string;
  readonly size: number;
  readonly checksum: string;
  /** KiB; may be a fraction when `chunk_bytes` is below 1,024. */
  readonly chunk_size: number;
  readonly chunk_bytes: number;
  readonly chunk_count: number;
  readonly chunks_url: string;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly priority: string;
  readonly transport: "http" | "mqtt";
  readonly resume_from: number;
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
  | { readonly kind: "rejected"; readonly payload: RejectedPayload };

/** Nothing to do now, and how the last task ended. */
export interface IdlePayload {
  readonly last?: { readonly task_id: string; readonly state: string; readonly version: string };
  readonly ask_again_seconds: number;
}

/** Begin the next attempt at `resume_from`. */
export interface RetryPayload {
  readonly task_id: string;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly reason: string;
  readonly resume_from: number;
  readonly bad_chunks?: readonly number[];
}

/** A report that was refused, with the current state. */
export interface RejectedPayload {
  readonly code: RejectedCode;
  readonly reason: string;
  readonly task_id?: string;
  readonly state?: string;
}

/** The name of a message: the last level of its topic. */
export type MessageKind = Message["kind"];

/** Messages that are owed: sent again until the device has them. The others are courtesies. */
export type OwedKind = "metadata" | "verified" | "success" | "retry" | "failed" | "cancel";

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
};

/** Whether a message of this kind is sent again until it is delivered. */
export function isOwedKind(kind: string): kind is OwedKind {
  return Object.hasOwn(messageQos, kind) && kind !== "idle" && kind !== "rejected";
}
