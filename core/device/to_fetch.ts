/** Whether a client that only fetches is to have the image of a task: it takes what it is given. */
import { isConcluded, saysNew } from "../upgrade/running.ts";
import type { Running } from "../upgrade/running.ts";
import type { Task } from "../upgrade/task.ts";

/**
 * Not when it says that it runs the image, whatever else success needs: it would flash itself again and
 * again. Nor while its next check is waited for, and it does not say what it runs.
 */
export function isToFetch(task: Task, said: Running): boolean {
  if (saysNew(task.policy, said)) return false;
  switch (task.state) {
    case "offered":
    case "downloading":
    case "paused":
    case "retrying":
    case "verifying":
      return true;
    case "rebooting":
      // Perhaps not all that was given has arrived.
      return isConcluded(task);
    default:
      return false;
  }
}
