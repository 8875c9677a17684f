/**
 * What a task's machine reacts to: facts of the device's stream, and what the fold decides among the
 * tasks of one device: whose turn it is, and which of them has no use any more.
 */
import type { FactOf } from "../log/facts.ts";
import type { Effect } from "../log/row.ts";
import type { TaskPolicy } from "./task.ts";

/** The fold gives the task its turn: the device listens or asked, and no other task is active. */
export interface Activate {
  /** Not a fact: no row bears it. */
  readonly type: "Activate";
  /** Engine time, milliseconds since 1970. */
  readonly at: number;
  /** The chunk size the device wishes for, in bytes, where the image can be cut so. */
  readonly chunkBytes?: number;
}

/** The fold takes the task's turn away: a task of a higher class goes ahead of it. */
export interface Preempt {
  /** Not a fact: no row bears it. */
  readonly type: "Preempt";
  /** Engine time, milliseconds since 1970. */
  readonly at: number;
}

/** The fold found that the device runs a newer version than the task would bring. */
export interface Supersede {
  /** Not a fact: no row bears it. */
  readonly type: "Supersede";
  /** Engine time, milliseconds since 1970. */
  readonly at: number;
}

/** Everything a task's machine reacts to. */
export type TaskEvent =
  | Activate
  | Preempt
  | Supersede
  | FactOf<"UpdateRequested">
  | FactOf<"ArtifactRequested">
  | FactOf<"ProgressReported">
  | FactOf<"ChunkFailed">
  | FactOf<"DigestReported">
  | FactOf<"StatusReported">
  | FactOf<"CancelRequested">
  | FactOf<"DeadlinePassed">
  | FactOf<"ContactChanged">
  | FactOf<"DeviceRevoked">;

/** What a task begins with: its id, and its policy frozen in the fact that queued it. */
export interface TaskInput {
  /** `OTA_20230801_001` */
  readonly id: string;
  /** The device it is for. */
  readonly device: string;
  /** Who queued it. */
  readonly actor: string;
  /** Engine time, milliseconds since 1970. */
  readonly at: number;
  /** Everything that will decide about it. */
  readonly policy: TaskPolicy;
}

/** What a task may ask the shell for: tell the device something. Nothing else. */
export type TaskEffect =
  | "sendMetadata"
  | "sendVerified"
  | "sendRetry"
  | "sendSuccess"
  | "sendFailed"
  | "sendCancel";

/** What a device's fold may ask the shell for. */
export type DeviceEffect =
  | TaskEffect
  | "sendRejected"
  | "sendIdle"
  | "sendTransport"
  | "disconnect";

/** An effect as the row has it. */
export interface DeviceEffectData extends Effect {
  /** Which effect; `task` names the task it is about. */
  readonly type: DeviceEffect;
}
