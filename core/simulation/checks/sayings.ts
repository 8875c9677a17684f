/** When a message about a task is true (PROTOCOL §1), and which one stands for where a task is. */
import type { TaskView } from "./passing.ts";
import { isBusy, isEnd, isWait } from "./words.ts";

/** What spends an attempt, in the words of a `retry`. */
const SPENT_BY = new Set([
  "wrong_digest",
  "bad_chunks",
  "device_failed",
  "no_progress",
  "too_slow",
  "silent",
  "old_image",
]);

/** What a message may say. */
export type Payload = Readonly<Record<string, unknown>>;

/** Whether the message says what is so. */
export function isTrue(kind: string, payload: Payload, view: TaskView): boolean {
  const { state, attempt, isVerified } = view;
  switch (kind) {
    case "success":
      return state === "succeeded";
    case "failed":
      return isEnd(state) && state !== "succeeded" && state !== "cancelled" &&
        payload.state === state && payload.reason === reasonOf(view);
    case "cancel":
      return (state === "cancelled" || isYielding(view)) && payload.reason === reasonOf(view);
    case "retry":
      return isBusy(state) && attempt > 1 && payload.attempt === attempt &&
        SPENT_BY.has(String(payload.reason));
    case "verified":
      return isBusy(state) && isVerified;
    default:
      return isBusy(state) && payload.attempt === attempt;
  }
}

/** The newest message about a task in that state: a repeated report is answered with it. */
export function standing(view: TaskView): string | undefined {
  const { state, attempt, isVerified } = view;
  if (isEnd(state)) {
    return state === "succeeded" ? "success" : state === "cancelled" ? "cancel" : "failed";
  }
  if (isWait(state)) return isYielding(view) ? "cancel" : undefined;
  if (INSTALLS.has(state)) return isVerified ? "verified" : undefined;
  return attempt > 1 ? "retry" : "metadata";
}

const INSTALLS = new Set(["awaiting_install", "installing", "rebooting", "confirming"]);

function isYielding({ state, reason }: TaskView): boolean {
  return isWait(state) && reason === "preempted";
}

function reasonOf({ reason, state }: TaskView): string {
  return reason ?? state;
}
