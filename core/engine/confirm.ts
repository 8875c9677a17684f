/** What a device has been told, as far as its own reports show it. */
import type { Device } from "../device/state.ts";
import type { Task } from "../upgrade/task.ts";
import type { Workspace } from "./workspace.ts";

/**
 * HTTP has no acknowledgement: that a report fits the task shows that the device has that task's
 * message, and with it those that were owed before. The device is given as it was before the report:
 * what that leads to it does not know yet.
 */
export function confirmUpTo(
  work: Workspace,
  { id, owed }: Device,
  { id: about }: Task,
  cause: number | null,
): void {
  const last = owed.findLastIndex(({ task }) => task === about);
  for (const { task, kind, attempt } of owed.slice(0, last + 1)) {
    const stamp = { at: work.at, actor: `device:${id}` };
    const data = { kind, attempt };
    work.recordDevice(id, { type: "MessageDelivered", ...stamp, task, data }, cause);
  }
}
