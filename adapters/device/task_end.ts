/** How a task ended, read from what the engine says. */
import type { Kept } from "./memory.ts";
import type { DeviceEnd } from "./options.ts";

/** The end of a task as the device hears it. */
export type TaskEnd = Omit<DeviceEnd, "stats">;

/** From a message that ends a task. */
export function endOf(
  outcome: DeviceEnd["outcome"],
  { task_id, version, reason }: Readonly<Record<string, unknown>>,
): TaskEnd {
  return {
    outcome,
    taskId: String(task_id),
    ...(version === undefined ? {} : { version: String(version) }),
    ...(reason === undefined ? {} : { reason: String(reason) }),
  };
}

/** From `idle`, of a task whose end the device has missed: it believes that it still has it. */
export function missedEnd(last: unknown, { task, aside }: Kept): TaskEnd | undefined {
  const { task_id, state, version } = (last ?? {}) as Record<string, unknown>;
  if (task_id === undefined || task_id !== task?.id && task_id !== aside?.id) return undefined;
  const isSaid = state === "succeeded" || state === "cancelled";
  return endOf(isSaid ? state : "failed", { task_id, version, reason: isSaid ? undefined : state });
}
