/** Which reports are taken and leave no fact, by PROTOCOL §1 alone. */
import type { Report } from "../../protocol/mod.ts";
import type { Naive, NaiveDevice, NaiveTask } from "./naive.ts";
import { isNotable } from "./notable.ts";
import { isBusy } from "./words.ts";

/**
 * Whether a report of the device may leave no fact: a request that changes nothing, progress that is
 * too small, an older attempt, the digest or the status that is on record already. `at`: engine time when
 * it was decided on, or before.
 */
export function leavesNoFact(naive: Naive, id: string, report: Report, at: number): boolean {
  const device = naive.devices.get(id);
  if (!device) return true;
  if (report.kind === "request") return changesNothing(device, report.body);
  const { task_id, attempt } = report.body;
  const task = task_id === undefined ? taskMeant(device, report) : naive.tasks.get(task_id);
  if (!task) return false;
  if (attempt !== undefined && attempt < task.attempt) return true;
  switch (report.kind) {
    case "progress":
      return isSmall(task, receivedOf(report.body, task), at);
    case "verify":
      return task.policy.image === report.body.checksum &&
        (task.isVerified || task.state === "succeeded");
    case "status":
      return report.body.status === task.state ||
        report.body.status === "booted" && task.state === "confirming" && !report.body.version;
  }
}

/** Progress that neither changes the phase nor is worth a fact. */
function isSmall(task: NaiveTask, received: number, at: number): boolean {
  if (task.state === "downloading") {
    return received < task.policy.size && !isNotable(task, received, at);
  }
  return task.state === "verifying" && received >= task.policy.size;
}

/** In bytes (PROTOCOL §1, "Numbers"). */
function receivedOf(
  { received, chunk, percent }: Extract<Report, { kind: "progress" }>["body"],
  { policy: { size }, course: { chunkBytes } }: NaiveTask,
): number {
  if (percent !== undefined) return Math.floor(size * percent / 100);
  return received === undefined ? Math.min((chunk! + 1) * chunkBytes, size) : Math.floor(received);
}

type RequestBody = Extract<Report, { kind: "request" }>["body"];

/** Contact that changes nothing is no fact; what it says of the device is on record already. */
function changesNothing(
  device: NaiveDevice,
  { current_version, product, transport = device.wishes }: RequestBody,
): boolean {
  const isKnown = current_version === undefined || current_version === device.version;
  return isKnown && transport === device.wishes &&
    (product === undefined || device.product !== null);
}

/** The active task; a digest may be that of the task that ended last. */
function taskMeant(device: NaiveDevice, report: Report): NaiveTask | undefined {
  const active = device.open.find(({ state }) => isBusy(state));
  if (report.kind !== "verify" || active?.policy.image === report.body.checksum) return active;
  const isOf = ({ policy }: NaiveTask) => policy.image === report.body.checksum;
  const ended = [...device.ended.values()].filter(isOf);
  // What it never heard of is not what it means.
  const own = device.open.find(isOf) ?? ended.findLast(({ wasOffered }) => wasOffered) ??
    ended.at(-1);
  return own ?? active;
}
