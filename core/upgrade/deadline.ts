/**
 * When a state has lasted long enough. Deadlines are derived from the task, never stored as timers:
 * after a restart they are simply computed again.
 */
import type { Task } from "./task.ts";

/** A limit that a waiting task will meet. */
export interface Deadline {
  /** The instant, engine time in milliseconds since 1970. */
  readonly due: number;
  /** How long the state may last, in milliseconds. */
  readonly limitMs: number;
}

/** The deadline of the task's state (DESIGN §2); `null` for a task that has ended. */
export function deadlineOf(task: Task): Deadline | null {
  const { limits_ms: limits, expires_in_ms: expiresInMs } = task.policy;
  switch (task.state) {
    case "queued":
    case "held":
      return after(task.queuedAt, expiresInMs);
    case "downloading":
      return earlier(
        after(task.progressAt, limits.downloading),
        after(task.downloadingSince, limits.downloading_total),
      );
    case "paused":
      return task.resumeAt > 0
        ? earlier(
          after(task.since, limits.paused),
          after(task.since, task.resumeAt - task.since),
        )
        : after(task.since, limits.paused);
    case "offered":
    case "retrying":
    case "verifying":
    case "awaiting_install":
    case "installing":
    case "rebooting":
    case "confirming":
      return after(task.since, limits[task.state]);
    default:
      return null;
  }
}

/** When the download as a whole has lasted long enough, whatever progress it makes. */
export function downloadDue(
  { downloadingSince, policy }: Pick<Task, "downloadingSince" | "policy">,
): number {
  return downloadingSince + policy.limits_ms.downloading_total;
}

function after(start: number, limitMs: number): Deadline {
  return { due: start + limitMs, limitMs };
}

function earlier(a: Deadline, b: Deadline): Deadline {
  return b.due < a.due ? b : a;
}
