/** A version that a device asks for by itself (PROTOCOL §1, "Requests without a task"). */
import { activeTask } from "../device/queue.ts";
import type { FactOf } from "../log/mod.ts";
import { isNews, requestUpgrade, toChecksum } from "../protocol/mod.ts";
import { freezePolicy } from "../upgrade/policy.ts";
import { targetOf } from "./target.ts";
import type { Recorded, Workspace } from "./workspace.ts";

/**
 * Queues what the device wishes for, if nothing waits for it, the version exists for its product and
 * is news to it; the fold offers it at once, as the device is there.
 */
export async function queueWished(
  work: Workspace,
  id: string,
  { version, resume_from, id: report, packet }: FactOf<"UpdateRequested">["data"],
  cause: number | null,
): Promise<Recorded | undefined> {
  const device = work.peek(id);
  if (!device || version === undefined || activeTask(device.tasks)) return;
  if (device.version !== null && !isNews(version, device.version)) return;
  const found = await work.images.firmware(device.product, version);
  const name = found && work.nextTaskName();
  if (!found || !name) return;
  const request = requestUpgrade.parse({
    device_id: id,
    firmware_version: version,
    checksum: toChecksum(found.image.sha256),
  });
  const target = targetOf(device, found, name.number);
  const from = resume_from !== undefined && resume_from <= found.image.size ? { resume_from } : {};
  // Known when it comes again, also where the request itself changed nothing and is no fact.
  const names = {
    ...(report === undefined ? {} : { id: report }),
    ...(packet === undefined ? {} : { packet }),
  };
  return work.recordDevice(id, {
    type: "TaskQueued",
    at: work.at,
    actor: `device:${id}`,
    task: name.id,
    data: { ...freezePolicy(request, target), ...from, ...names },
  }, cause);
}
