/**
 * What the engine knows about one device: the fold of its stream. Plain data; a read model that can
 * be dropped and folded again.
 */
import type { Effect } from "../log/mod.ts";
import type { OwedKind } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";

/** A token of a device, by its SHA-256. */
export interface DeviceToken {
  readonly sha256: string;
  /** Engine time from which it is no longer valid; `null`: until replaced. */
  readonly validUntil: number | null;
}

/** The newest message a device has not confirmed yet, for one task. */
export interface Owed {
  readonly task: string;
  readonly kind: OwedKind;
  readonly attempt: number;
  /** When it was first owed. */
  readonly at: number;
}

/** A report that was taken, and what it was answered with. */
export interface TakenReport {
  readonly id: string;
  readonly effects: readonly Effect[];
}

/** The state of one device. Instants are engine time in milliseconds since 1970. */
export interface Device {
  readonly id: string;
  readonly registeredAt: number;
  readonly revoked: boolean;
  readonly product: string | null;
  readonly hardware: string | null;
  readonly tags: readonly string[];
  /** The version it last reported or proved. */
  readonly version: string | null;
  readonly tokens: readonly DeviceToken[];
  /** Tasks that wait or run, in the order they go: at most one is active. */
  readonly tasks: readonly Task[];
  /** The last ended tasks, newest first. */
  readonly ended: readonly Task[];
  readonly owed: readonly Owed[];
  /** The last reports that bore an id, newest first. */
  readonly taken: readonly TakenReport[];
  /** When its last own fact came in; 0: never. */
  readonly lastContactAt: number;
  /** When its last refusal was recorded; 0: never. */
  readonly rejectedAt: number;
}
