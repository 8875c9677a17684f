/** What a device has been told, as far as its own reports show it. */
import { activeTask } from "../device/queue.ts";
import type { Device, Owed } from "../device/state.ts";
import type { Task } from "../upgrade/task.ts";
import type { Workspace } from "./workspace.ts";

/**
 * HTTP has no acknowledgement: that a report fits the task shows that the device has that task's
 * message, and with it those that were owed before. The device is given as it was before the report:
 * what that leads to it does not know yet.
 */
export function confirmUpTo(
  work: Workspace,
  device: Device,
  { id: about }: Task,
  cause: number | null,
): void {
  const last = device.owed.findLastIndex(({ task }) => task === about);
  confirm(work, device, device.owed.slice(0, last + 1), cause);
}

/**
 * A client that only fetches can confirm nothing: that it checks again shows that it was given the answer
 * before. Only the image that it is to have is still to be asked for. The device is given as it was before.
 */
export function confirmFetched(work: Workspace, device: Device, cause: number | null): void {
  const active = activeTask(device.tasks)?.id;
  const told = device.owed.filter(({ task, kind }) => task !== active || kind !== "metadata");
  confirm(work, device, told, cause);
}

function confirm(
  work: Workspace,
  { id }: Device,
  told: readonly Owed[],
  cause: number | null,
): void {
  for (const { task, kind, attempt } of told) {
    const stamp = { at: work.at, actor: `device:${id}` };
    const data = { kind, attempt };
    work.recordDevice(id, { type: "MessageDelivered", ...stamp, task, data }, cause);
  }
}
