/** Whether a client that only fetches is to have the image of a task: it takes what it is given. */
import { isConcluded, isSpared } from "../upgrade/running.ts";
import type { Running } from "../upgrade/running.ts";
import type { Task } from "../upgrade/task.ts";

/** Not while it has to install what it has, nor while a check is waited for that says what it runs. */
export function isToFetch(task: Task, said: Running): boolean {
  if (isSpared(task, said)) return false;
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
