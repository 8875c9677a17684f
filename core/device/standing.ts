/** The message that stands for where a task is: what a repeated report is answered with. */
import type { DeviceEffectData, TaskEffect } from "../upgrade/events.ts";
import { isConcluded } from "../upgrade/running.ts";
import type { Task } from "../upgrade/task.ts";

/** The newest message of the task; none for one that waits, unless it had to yield. */
export function standingEffects(task: Task): readonly DeviceEffectData[] {
  const type = effectOf(task);
  return type ? [{ type, task: task.id }] : [];
}

function effectOf(task: Task): TaskEffect | undefined {
  switch (task.state) {
    case "queued":
    case "held":
      return task.reason === "preempted" ? "sendCancel" : undefined;
    case "succeeded":
      return "sendSuccess";
    case "cancelled":
      return "sendCancel";
    case "failed":
    case "timed_out":
    case "rejected":
    case "superseded":
    case "rolled_back":
    case "lost":
      return "sendFailed";
    case "awaiting_install":
    case "installing":
    case "rebooting":
    case "confirming":
      return isVerified(task) ? "sendVerified" : undefined;
    default:
      return task.attempt > 1 ? "sendRetry" : "sendMetadata";
  }
}

/**
 * Whether the right digest is on record for sure: whoever checks by itself may install without having
 * said one, and is not believed to have; nor is one that only seems to reboot.
 */
export function isVerified(task: Task): boolean {
  const { state, policy: { completion } } = task;
  return state === "awaiting_install" || completion !== "reported" && !isConcluded(task) &&
      (state === "installing" || state === "rebooting" || state === "confirming");
}
