/**
 * Most requests for bytes only go on with a download that is on record: they change no state. Whether
 * one does is seen here at once, from what is committed; every other is an input.
 */
import { activeTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import { judgeAsk } from "../device/asked.ts";
import type { Asked } from "../device/asked.ts";
import { toHex } from "../protocol/mod.ts";
import type { Ask, MalformedReport } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";
import type { ServedRange } from "./transfers.ts";

/** A further answer with bytes of an image for a device. */
export interface FurtherRange {
  readonly device: string;
  /** SHA-256 of the token it came with, hexadecimal digits. */
  readonly tokenSha256: string;
  /** The image, hexadecimal digits. */
  readonly sha256: string;
  /** The answer that it is given. */
  readonly range: ServedRange;
}

/**
 * The task that the range goes on with: the token is valid, the task is being downloaded and brings the
 * image, and it has made progress not so long ago that this would be recorded (`isFetching`).
 */
export function taskGoingOn(
  device: Device,
  { tokenSha256, sha256 }: FurtherRange,
  at: number,
): Task | undefined {
  // A device that was revoked has none.
  const isValid = device.tokens.some((token) =>
    token.sha256 === tokenSha256 && (token.validUntil === null || token.validUntil > at)
  );
  if (!isValid) return undefined;
  const task = activeTask(device.tasks);
  return task && isGoingOn(task, at) && toHex(task.policy.image) === sha256 ? task : undefined;
}

/** What the device asks for over MQTT, if it goes on with such a task. */
export function askGoingOn(
  device: Device,
  ask: Ask | MalformedReport,
  at: number,
): Asked | undefined {
  if ("code" in ask || device.revoked) return undefined;
  const asked = judgeAsk(device, ask);
  return !("code" in asked) && isGoingOn(asked.task, at) ? asked : undefined;
}

function isGoingOn({ state, progressAt, policy }: Task, at: number): boolean {
  return state === "downloading" &&
    at - progressAt < Math.floor(policy.limits_ms.downloading / 2);
}
