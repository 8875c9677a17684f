/** Refusals: every one is answered; one in ten seconds is recorded, with the number of those left out. */
import type { Refusal } from "../device/interpret.ts";
import { rejectedMessage } from "../device/messages.ts";
import type { Device } from "../device/state.ts";
import { REJECTED_EVERY_MS } from "../protocol/limits.ts";
import type { Notes } from "./notes.ts";
import type { Recorded, Workspace } from "./workspace.ts";

/** Refuses what the device said; `report` is the last level of its topic. */
export function reject(
  work: Workspace,
  device: Device,
  report: string,
  refusal: Refusal,
  leftOut: Notes<number>,
): Recorded | undefined {
  work.send(device.id, rejectedMessage(refusal));
  const count = leftOut.get(device.id) ?? 0;
  if (device.rejectedAt > 0 && work.at < device.rejectedAt + REJECTED_EVERY_MS) {
    leftOut.set(device.id, count + 1);
    return;
  }
  if (count > 0) leftOut.set(device.id, 0);
  const { code, task } = refusal;
  return work.recordDevice(device.id, {
    type: "ReportRejected",
    at: work.at,
    actor: `device:${device.id}`,
    ...(task ? { task: task.id } : {}),
    data: { code, report, left_out: count },
  });
}
