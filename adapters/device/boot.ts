/** From the right digest to the new version: install, reboot, and say what runs. */
import { randomUUID } from "node:crypto";
import type { Metadata } from "../../core/mod.ts";
import { Interruption } from "./interruption.ts";
import type { DeviceMemory } from "./memory.ts";
import type { Faults } from "./faults.ts";
import type { Parts } from "./parts.ts";

/** Installs the image and reboots. @throws {Interruption} always: a reboot ends everything. */
export async function install(
  { memory, say, faults, emit }: Parts,
  { task_id, version, completion }: Metadata,
): Promise<never> {
  faults.passes("verified");
  // Where success is what the engine sees by itself, the device has nothing to report.
  const reports = completion !== "seen";
  for (const status of ["installing", "rebooting"]) {
    emit({ type: "state", state: status });
    if (reports) await say("status", { task_id, status, id: randomUUID() });
  }
  memory.kept.task!.boot = { version, reports, reportId: randomUUID() };
  await memory.save();
  faults.passes("rebooting");
  throw new Interruption("reboot", "into the new image");
}

/** The boot loader: takes the new image if there is one and its digest is right. */
export async function boot(memory: DeviceMemory, faults: Faults): Promise<void> {
  const { task } = memory.kept;
  if (!task?.boot || faults.afterReboot === "old-version" || faults.afterReboot === "rolled-back") {
    return;
  }
  if (await memory.checksum(0, task.size) !== task.checksum) return;
  memory.kept.version = task.boot.version;
  await memory.save();
}

/** Says what came of the reboot; false: there is nothing that it would report. */
export async function reportBoot(
  { memory, say, faults }: Pick<Parts, "memory" | "say" | "faults">,
): Promise<boolean> {
  const { task, version } = memory.kept;
  if (!memory.hasBooted || !task?.boot?.reports) return false;
  await say("status", {
    task_id: task.id,
    id: task.boot.reportId,
    status: faults.afterReboot === "rolled-back" ? "rolled_back" : "booted",
    ...(version === null ? {} : { version }),
  });
  return true;
}
