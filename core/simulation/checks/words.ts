/** The words of the contract that judges go by, written down once more on purpose. */

const ENDS = new Set([
  "succeeded",
  "failed",
  "timed_out",
  "rejected",
  "cancelled",
  "superseded",
  "rolled_back",
  "lost",
]);

const OWED_KINDS = new Set(["metadata", "verified", "success", "retry", "failed", "cancel"]);

/** Whether nothing may follow the state. */
export function isEnd(state: string): boolean {
  return ENDS.has(state);
}

/** Whether a task in the state waits for its turn; the empty state is that of one not yet queued. */
export function isWait(state: string): boolean {
  return state === "queued" || state === "held" || state === "";
}

/** Whether a task in the state holds its device. */
export function isBusy(state: string): boolean {
  return !isEnd(state) && !isWait(state);
}

/** Whether a message of the kind is sent until it is delivered. */
export function isOwed(kind: string): boolean {
  return OWED_KINDS.has(kind);
}
