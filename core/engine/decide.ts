/** What an input leads to: the one place where every kind of input is decided. */
import { measuredData } from "../device/network.ts";
import { activeTask, nextTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import type { DeviceFact } from "../log/mod.ts";
import type { Problem } from "../protocol/mod.ts";
import { problem, toHex } from "../protocol/mod.ts";
import { downloadDue } from "../upgrade/deadline.ts";
import { decideAsk } from "./decide_ask.ts";
import { decideCommand } from "./decide_command.ts";
import { answerRequest, decideReport, sendOwed } from "./decide_report.ts";
import type { CommandResult, Input } from "./inputs.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Recorded, Workspace } from "./workspace.ts";

/** Decides one input within the batch. */
export async function decide(
  work: Workspace,
  input: Input,
  around: Surroundings,
): Promise<CommandResult | Problem | undefined> {
  if (input.kind === "command") {
    const before = work.rowCount;
    const result = await decideCommand(work, input.actor, input.command);
    if (work.rowCount > before) {
      settle(work, deviceOf(work, input.command, result), around, work.position.seq);
    }
    return result;
  }
  const device = await work.device(input.device);
  if (!device || device.revoked) {
    return input.kind === "deadline" || input.kind === "network"
      ? undefined
      : problem(403, `Device ${input.device} is not registered, or was revoked.`);
  }
  const recorded = await decideDevice(work, device, input, around);
  if (recorded || input.kind === "call") settle(work, device.id, around, recorded?.seq ?? null);
  return undefined;
}

async function decideDevice(
  work: Workspace,
  device: Device,
  input: Exclude<Input, { kind: "command" }>,
  around: Surroundings,
): Promise<Recorded | undefined> {
  const at = work.at;
  const own = { at, actor: `device:${device.id}` };
  switch (input.kind) {
    case "report":
      return await decideReport(work, device, input, around);
    case "ask":
      return decideAsk(work, device, input, around);
    case "contact": {
      const { contact } = input;
      const fact: DeviceFact = { type: "ContactChanged", at, actor: "engine", data: { contact } };
      if (contact === "listening") sendStanding(work, device);
      return work.recordDevice(device.id, fact);
    }
    case "call":
      if (!around.isListening(device.id)) return undefined;
      if (input.isAnswer && !isDeferred(device)) answerRequest(work, device, []);
      else sendStanding(work, device);
      return undefined;
    case "artifact": {
      const task = activeTask(device.tasks);
      if (!task || toHex(task.policy.image) !== input.sha256) return;
      work.transfers.begin(task, input.range, at);
      const data = { from: input.range.from };
      return work.recordDevice(device.id, {
        type: "ArtifactRequested",
        ...own,
        task: task.id,
        data,
      });
    }
    case "delivered": {
      const { task, message: kind, attempt } = input;
      const data = { kind, attempt };
      return work.recordDevice(device.id, { type: "MessageDelivered", ...own, task, data });
    }
    case "network": {
      const task = activeTask(device.tasks);
      if (task?.state !== "downloading") return undefined;
      const data = measuredData(input);
      const fact = { type: "NetworkMeasured", at, actor: "engine", task: task.id, data } as const;
      return work.recordDevice(device.id, fact);
    }
    case "deadline": {
      const { task, state, due } = input;
      const goesOn = keepsFetching(work, device, input);
      if (goesOn) return goesOn;
      const data = { state, due };
      return work.recordDevice(device.id, {
        type: "DeadlinePassed",
        at,
        actor: "engine",
        task,
        data,
      });
    }
  }
}

/** A device that asked for time waits for no answer. */
function isDeferred({ tasks }: Device): boolean {
  const active = activeTask(tasks);
  return active?.state === "paused" && active.reason === "deferred";
}

/** What is owed, but for what the turn of the next task is about to replace. */
function sendStanding(work: Workspace, device: Device): void {
  const next = nextTask(device.tasks, work.at);
  const turning = next ? [next.id, activeTask(device.tasks)?.id] : [];
  sendOwed(work, device, ({ task }) => !turning.includes(task));
}

/**
 * Served ranges are no facts: a device that fetched meanwhile and said nothing has made progress all
 * the same, and the limit counts from there.
 */
function keepsFetching(
  work: Workspace,
  device: Device,
  { task: id, state, due }: Extract<Input, { kind: "deadline" }>,
): Recorded | undefined {
  const task = activeTask(device.tasks);
  // No progress lengthens the download as a whole.
  if (task?.id !== id || state !== "downloading" || due === downloadDue(task)) return undefined;
  const given = work.transfers.lastGiven(task);
  return given
    ? work.recordDevice(device.id, {
      type: "ArtifactRequested",
      at: work.at,
      actor: `device:${device.id}`,
      task: id,
      data: { from: given.from, given_at: given.at },
    })
    : undefined;
}

/**
 * A device that listens gets its next task at once. That it listens is not in its state, as contact
 * that changes nothing is no fact: so it is told again, and here it changes something.
 */
function settle(
  work: Workspace,
  id: string | undefined,
  around: Surroundings,
  cause: number | null,
): void {
  const device = id === undefined ? undefined : work.peek(id);
  if (!device || !nextTask(device.tasks, work.at) || !around.isListening(device.id)) return;
  work.recordDevice(device.id, {
    type: "ContactChanged",
    at: work.at,
    actor: "engine",
    data: { contact: "listening" },
  }, cause);
}

function deviceOf(
  work: Workspace,
  command: Extract<Input, { kind: "command" }>["command"],
  result: CommandResult | Problem,
): string | undefined {
  if ("status" in result) return undefined;
  if (command.type === "requestUpgrade") return command.request.device_id;
  if (command.type === "cancelTask") return work.changed(command.task);
  return undefined;
}
