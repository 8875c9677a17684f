/** The state of a device as of a point, as a small table. */
import { isActive, maxAttempts } from "../../core/mod.ts";
import type { DeviceAsOf, Task } from "../../core/mod.ts";
import { timeText } from "../../core/engine/mod.ts";
import { table } from "./terminal.ts";

/** One line for each thing that is known of it. */
export function deviceAsOfText({ device, seq, at }: DeviceAsOf): string {
  const active = device.tasks.find(isActive);
  const waiting = device.tasks.filter((task) => task !== active);
  const last = device.ended[0];
  const rows = [
    ["device", device.id],
    ["as of", `row ${seq} of ${timeText(at)}`],
    ["version", device.version ?? "not known"],
    ["active task", active ? activeText(active) : "none"],
    ["queue", waiting.map(taskText).join(", ") || "empty"],
    ["last ended", last ? taskText(last) : "none"],
    ["revoked", device.revoked ? "yes" : "no"],
  ];
  return table(rows);
}

/** `OTA_20230801_001 to 2.0.0: downloading, attempt 1 of 4, 50000 of 100000 bytes` */
function activeText(task: Task): string {
  const { attempt, policy, received } = task;
  return `${taskText(task)}, attempt ${attempt} of ${maxAttempts(policy)}, ` +
    `${received} of ${policy.size} bytes`;
}

function taskText({ id, policy, state, reason }: Task): string {
  return `${id} to ${policy.version}: ${state}${reason === null ? "" : ` (${reason})`}`;
}
