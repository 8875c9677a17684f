/** What an operator's command leads to: facts in order, or a problem that says what to do. */
import { chunkCount } from "../device/numbers.ts";
import type { Device } from "../device/state.ts";
import { CHUNKS_MAX, OPEN_TASKS_MAX, problem, toChecksum, toHex } from "../protocol/mod.ts";
import type { Problem } from "../protocol/mod.ts";
import { freezePolicy } from "../upgrade/policy.ts";
import { isTerminal } from "../upgrade/task.ts";
import { contradictionOf } from "./contradiction.ts";
import { eraseData } from "./erase.ts";
import type { Command, CommandResult } from "./inputs.ts";
import { targetOf } from "./target.ts";
import type { Workspace } from "./workspace.ts";

type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;

/** Decides a command; nothing is recorded when the answer is a problem. */
export async function decideCommand(
  work: Workspace,
  actor: string,
  command: Command,
): Promise<CommandResult | Problem> {
  switch (command.type) {
    case "registerDevice":
      return await registerDevice(work, actor, command);
    case "issueToken":
      return await issueToken(work, actor, command);
    case "revokeDevice":
      return await revokeDevice(work, actor, command);
    case "eraseData":
      return await eraseData(work, actor, command);
    case "addFirmware":
      return await addFirmware(work, actor, command);
    case "requestUpgrade":
      return await requestUpgrade(work, actor, command);
    case "cancelTask":
      return await cancelTask(work, actor, command);
  }
}

const done: CommandResult = { type: "done" };

function unknownDevice(id: string): Problem {
  return problem(404, `There is no device ${id}. Register it first with POST /devices.`);
}

async function registerDevice(
  work: Workspace,
  actor: string,
  { device: id, product, hardware, tags, tokenSha256, tokenSha512 }: CommandOf<"registerDevice">,
): Promise<CommandResult | Problem> {
  const known = await work.device(id);
  if (known?.revoked) return revokedDevice(id);
  if (known) {
    return problem(
      409,
      `Device ${id} is known already. Its token is renewed with POST /devices/${id}/token.`,
    );
  }
  const at = work.at;
  const data = {
    device_id: id,
    ...(product === undefined ? {} : { product }),
    ...(hardware === undefined ? {} : { hardware }),
  };
  const personal = tags === undefined ? {} : { personal: { tags } };
  const fact = { type: "DeviceRegistered", at, actor, data, ...personal } as const;
  const first = work.recordDevice(id, fact);
  const token = { token_sha256: tokenSha256, token_sha512: tokenSha512, overlap_ms: 0 };
  work.recordDevice(id, { type: "TokenIssued", at, actor, data: token }, first?.seq);
  return done;
}

async function issueToken(
  work: Workspace,
  actor: string,
  { device: id, tokenSha256, tokenSha512, overlapMs }: CommandOf<"issueToken">,
): Promise<CommandResult | Problem> {
  const device = await work.device(id);
  if (!device) return unknownDevice(id);
  if (device.revoked) return revokedDevice(id);
  const data = {
    token_sha256: tokenSha256,
    token_sha512: tokenSha512,
    overlap_ms: overlapMs,
  };
  work.recordDevice(id, { type: "TokenIssued", at: work.at, actor, data });
  return done;
}

function revokedDevice(id: string): Problem {
  return problem(409, `Device ${id} is revoked. Register it under another id.`);
}

async function revokeDevice(
  work: Workspace,
  actor: string,
  { device: id }: CommandOf<"revokeDevice">,
): Promise<CommandResult | Problem> {
  const device = await work.device(id);
  if (!device) return unknownDevice(id);
  // Perhaps the first time was durable, and a fault kept the connections from being cut.
  if (device.revoked) work.cut.push(id);
  work.recordDevice(id, { type: "DeviceRevoked", at: work.at, actor, data: {} });
  return done;
}

async function addFirmware(
  work: Workspace,
  actor: string,
  command: CommandOf<"addFirmware">,
): Promise<CommandResult | Problem> {
  const { image, version, product, name, ignoresHeader = false } = command;
  const known = await work.images.release(product, version);
  if (known) {
    return known.sha256 === image.sha256 ? { type: "firmware", created: false } : problem(
      409,
      `Version ${version} is other bytes already. A version names one image for ever: choose a new one.`,
    );
  }
  const contradiction = ignoresHeader ? undefined : contradictionOf(command);
  if (contradiction) return contradiction;
  const { sha256, size, sha1, md5, header } = image;
  const uploaded = await work.images.of(sha256) ? undefined : await work.recordImage(sha256, {
    type: "ImageUploaded",
    at: work.at,
    actor,
    data: { image: toChecksum(sha256), size, sha1, md5, ...(header ? { header } : {}) },
  });
  const data = {
    ...(product === null ? {} : { product }),
    version,
    ...(ignoresHeader ? { header_ignored: true as const } : {}),
    artifacts: [{ name, size, sha256 }],
  };
  await work.recordImage(
    sha256,
    { type: "ReleaseNamed", at: work.at, actor, data },
    uploaded?.seq,
  );
  return { type: "firmware", created: true };
}

/** The checks come in the order of PROTOCOL §3, `POST /firmware/upgrade`. */
async function requestUpgrade(
  work: Workspace,
  actor: string,
  { request }: CommandOf<"requestUpgrade">,
): Promise<CommandResult | Problem> {
  const { device_id: id, firmware_version: version, checksum, chunk_size } = request;
  const device = await work.device(id);
  if (!device) return unknownDevice(id);
  const found = await work.images.firmware(device.product, version);
  if (!found) {
    const { product: name } = device;
    const product = name === null ? "" : `?product=${encodeURIComponent(name)}`;
    return problem(
      404,
      `There is no firmware ${version} for this device. Upload it with PUT /firmware/${version}${product}.`,
    );
  }
  const { image } = found;
  if (image.sha256 !== toHex(checksum)) {
    return problem(409, `Firmware ${version} has the checksum ${toChecksum(image.sha256)}.`);
  }
  if (chunkCount(image.size, chunk_size * 1024) > CHUNKS_MAX) {
    const message = `would cut the image into more than ${CHUNKS_MAX} chunks`;
    return problem(422, `Choose a larger chunk_size: it ${message}.`, {
      errors: [{ path: "chunk_size", message }],
    });
  }
  const conflict = conflictOf(device, checksum);
  if (conflict) return conflict;
  const name = work.nextTaskName();
  if (!name) return problem(503, "All task numbers are used up. Start a new log.");
  const data = freezePolicy(request, targetOf(device, found, name.number));
  work.recordDevice(id, { type: "TaskQueued", at: work.at, actor, task: name.id, data });
  return { type: "task", task: name.id };
}

/** What stands in the way of one more task. */
function conflictOf(device: Device, checksum: string): Problem | undefined {
  if (device.revoked) return problem(409, `Device ${device.id} is revoked and takes no upgrades.`);
  const same = device.tasks.find((task) => task.policy.image === checksum);
  if (same) {
    return problem(409, `${same.id} brings this image to the device already (${same.state}).`, {
      task_id: same.id,
    });
  }
  if (device.tasks.length >= OPEN_TASKS_MAX) {
    return problem(409, `Device ${device.id} has ${OPEN_TASKS_MAX} open tasks. Cancel one first.`);
  }
}

async function cancelTask(
  work: Workspace,
  actor: string,
  { task: taskId }: CommandOf<"cancelTask">,
): Promise<CommandResult | Problem> {
  const id = await work.taskDevice(taskId);
  const device = id === undefined ? undefined : await work.device(id);
  if (!device) return problem(404, `There is no task ${taskId}.`);
  const task = device.tasks.find((task) => task.id === taskId);
  if (!task || isTerminal(task)) return problem(409, `${taskId} has ended already.`);
  const fact = { type: "CancelRequested", at: work.at, actor, task: taskId, data: {} } as const;
  return work.recordDevice(device.id, fact)
    ? done
    : problem(409, `${taskId} cannot be cancelled any more: the device is ${task.state}.`);
}
