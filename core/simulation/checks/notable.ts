/** Which progress is worth a fact (DESIGN §2, "Not facts"). */
import type { NaiveTask } from "./naive.ts";

/** Sooner where the limit without progress is so short that it would pass meanwhile. */
const EVERY_MS = 30_000;
/** Of the image. */
const STEP_PERCENT = 5;

/** Whether progress to so many bytes, at that engine time, is worth a fact in the midst of a download. */
export function isNotable({ course, policy }: NaiveTask, received: number, at: number): boolean {
  const moved = received - course.received;
  if (moved < 0 || moved > 0 && moved * 100 >= policy.size * STEP_PERCENT) return true;
  const everyMs = Math.min(EVERY_MS, Math.floor(policy.limits_ms.downloading / 2));
  return at - course.updatedAt >= everyMs;
}
