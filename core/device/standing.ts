/** The message that stands for where a task is: what a repeated report is answered with. */
import type { DeviceEffectData, TaskEffect } from "../upgrade/events.ts";
import type { Task } from "../upgrade/task.ts";

/** The newest message of the task. */
export function standingEffect(task: Task): DeviceEffectData {
  return { type: effectOf(task), task: task.id };
}

function effectOf(task: Task): TaskEffect {
  switch (task.state) {
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
      return "sendVerified";
    default:
      return task.attempt > 1 ? "sendRetry" : "sendMetadata";
  }
}
