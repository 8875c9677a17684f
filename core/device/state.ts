/**
 * What the engine knows about one device: the fold of its stream. Plain data; a read model that can
 * be dropped and folded again.
 */
import type { Effect } from "../log/mod.ts";
import type { Recommendation } from "../network/mod.ts";
import type { OwedKind, Transport } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";

/** A token of a device, by its SHA-256. */
export interface DeviceToken {
  /** SHA-256 of the token, hexadecimal digits. */
  readonly sha256: string;
  /** Engine time from which it is no longer valid; `null`: until replaced. */
  readonly validUntil: number | null;
}

/** The newest message a device has not confirmed yet, for one task. */
export interface Owed {
  /** The task it is about. */
  readonly task: string;
  /** Which message. */
  readonly kind: OwedKind;
  /** The attempt it belongs to, from 1. */
  readonly attempt: number;
  /** When it was first owed. */
  readonly at: number;
}

/** A report that was taken, and what it was answered with. */
export interface TakenReport {
  /** The id the report bore. */
  readonly id?: string;
  /** The packet it came in, as its transport knows one that is sent again. */
  readonly packet?: string;
  /** What it led to. */
  readonly effects: readonly Effect[];
}

/** The state of one device. Instants are engine time in milliseconds since 1970. */
export interface Device {
  /** 1-64 of `A-Z a-z 0-9 . _ -`. */
  readonly id: string;
  /** When it became known. */
  readonly registeredAt: number;
  /** Revoked devices are answered nothing and take no tasks. */
  readonly revoked: boolean;
  /** The product it belongs to. */
  readonly product: string | null;
  /** The hardware it says it is. */
  readonly hardware: string | null;
  /** The version it last reported or proved. */
  readonly version: string | null;
  /** Tokens that are or will be valid. */
  readonly tokens: readonly DeviceToken[];
  /** Tasks that wait or run, in the order they go: at most one is active. */
  readonly tasks: readonly Task[];
  /** The last ended tasks, newest first; those that were never offered behind the others. */
  readonly ended: readonly Task[];
  /** Messages it has not confirmed. */
  readonly owed: readonly Owed[];
  /** The chunk size it wishes for, in bytes. */
  readonly chunkBytes: number | null;
  /** The last reports that can be known when they come again, newest first. */
  readonly taken: readonly TakenReport[];
  /** It last asked as clients do that fetch images and can report nothing else. */
  readonly fetchOnly?: true;
  /** The transport that it asked to be given bytes by. */
  readonly transport?: Transport;
  /** How it had better fetch, once something was measured that speaks for it. */
  readonly network?: Recommendation;
  /** When its last own fact came in; 0: never. */
  readonly lastContactAt: number;
  /** When its last refusal was recorded; 0: never. */
  readonly rejectedAt: number;
  /** When its reports so far would have come to an end, had they come at the pace they may have. */
  readonly pacedUntil: number;
}

/** The task that ended last, of those the device has ever heard of. */
export function lastEnded({ ended }: Pick<Device, "ended">): Task | undefined {
  return ended.find((task) => task.offered);
}

/** The device's task of that id, open or among the last ended. */
export function taskOf(
  { tasks, ended }: Pick<Device, "tasks" | "ended">,
  id: string | undefined,
): Task | undefined {
  return tasks.find((task) => task.id === id) ?? ended.find((task) => task.id === id);
}
