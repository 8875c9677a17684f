/** When a state has lasted long enough (DESIGN §2), and what that means, by the naive model. */
import type { NaiveTask } from "./naive.ts";

/** A limit that a task will meet. */
export interface Due {
  /** Engine time. */
  readonly due: number;
  /** How long the state may last, in milliseconds. */
  readonly limitMs: number;
}

/** The deadline of a task that has not ended. */
export function dueOf({ state, since, queuedAt, course, policy }: NaiveTask): Due {
  const limits: Readonly<Record<string, number>> = policy.limits_ms;
  switch (state) {
    case "queued":
    case "held":
      return after(queuedAt, policy.expires_in_ms);
    case "downloading": {
      const silent = after(course.progressAt, limits.downloading!);
      const slow = after(course.downloadingSince, limits.downloading_total!);
      return slow.due < silent.due ? slow : silent;
    }
    case "paused": {
      const away = after(since, limits.paused!);
      const put = { due: course.resumeAt, limitMs: course.resumeAt - since };
      return course.resumeAt > 0 && put.due < away.due ? put : away;
    }
    default:
      return after(since, limits[state] ?? Infinity);
  }
}

/** Where the deadline of a download or of a pause leads, by the word of its move; `undefined`: any. */
export function reasonAt(
  { state, since, course, policy }: NaiveTask,
  due: number,
  isAllGiven = false,
): string | undefined {
  const { downloading_total, paused } = policy.limits_ms;
  if (isAllGiven) return "";
  if (state === "downloading") {
    return due === course.downloadingSince + downloading_total ? "too_slow" : "no_progress";
  }
  if (state !== "paused") return undefined;
  // A deferral that ends with the limit of the pause goes on.
  return course.resumeAt > 0 && course.resumeAt <= since + paused ? "" : "offline";
}

function after(since: number, limitMs: number): Due {
  return { due: since + limitMs, limitMs };
}
