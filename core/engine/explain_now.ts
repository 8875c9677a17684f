/**
 * Why a device is not being updated now: exactly one reason, whatever state it is in. The task in
 * hand speaks first, then the first one that waits, then the last that ended.
 */
import { activeTask, nextTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import { expiresAt, isWaiting, maxAttempts } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";
import { fetchedBytes } from "../upgrade/transfer.ts";
import { becauseOf, isNow, percentText } from "./explain_words.ts";
import { timeText } from "./views.ts";

/** The one reason. */
export interface Current {
  /** A word of a fixed list: a task's reason, its state, or why there is none to speak of. */
  readonly reason: string;
  /** One sentence. */
  readonly text: string;
  /** The task that it is about. */
  readonly task_id?: string;
  /** The state of that task. */
  readonly state?: string;
}

/** The reason at engine time `now`; `heardAt`: when the device was last heard, 0 for never. */
export function currentOf(device: Device, now: number, heardAt: number): Current {
  if (device.revoked) {
    return { reason: "revoked", text: "The device is revoked and takes no upgrades." };
  }
  const active = activeTask(device.tasks);
  if (active) return about(active, active.reason ?? active.state, inHand(device, active));
  const next = nextTask(device.tasks, now);
  if (next) return waiting(next, heardAt);
  const first = device.tasks[0];
  if (first) {
    const text = `${first.policy.version} is offered no more since ${timeText(expiresAt(first))}`;
    return about(first, "expired", `${text}: ${becauseOf.expired}.`);
  }
  return idle(device);
}

function about({ id, state }: Task, reason: string, text: string): Current {
  return { reason, text, task_id: id, state };
}

/** Where the active task is, and what has to wait for it. */
function inHand(device: Device, task: Task): string {
  const behind = device.tasks.filter(isWaiting);
  const [first] = behind;
  const others = first
    ? `; ${first.id} (${first.policy.priority}) waits behind it` +
      (behind.length > 1 ? `, and ${behind.length - 1} more` : "")
    : "";
  return `${where(task)}${others}.`;
}

function where(task: Task): string {
  const { policy: { version }, since, resumeAt, reason } = task;
  const from = `since ${timeText(since)}`;
  switch (task.state) {
    case "offered":
      return `${version} was offered at ${timeText(since)} and is not answered yet`;
    case "downloading":
      return `Downloading ${version}: ${soFar(task)}, ${attemptOf(task)}`;
    case "paused": {
      const until = resumeAt > 0 ? `until ${timeText(resumeAt)}` : from;
      const why = reason === null ? "" : `: ${becauseOf[reason]}`;
      return `${version} is paused with ${soFar(task)} ${until}${why}`;
    }
    case "retrying": {
      const why = reason === null ? "the last one was spent" : becauseOf[reason];
      return `${version} waits for ${attemptOf(task)} to begin ${from}: ${why}`;
    }
    default:
      return `${isNow[task.state]}, ${version}, ${from}`;
  }
}

/** How far the device says that it is; of one that says nothing of it, what it was given. */
function soFar({ policy: { completion, size }, received, transfers }: Task): string {
  return completion === "seen" && received === 0
    ? `${percentText(Math.min(fetchedBytes(transfers), size), size)} given out`
    : `${percentText(received, size)} stored`;
}

function attemptOf({ attempt, policy }: Task): string {
  return `attempt ${attempt} of ${maxAttempts(policy)}`;
}

/** A task waits for its device; one that was put back, for the reason it was put back for, too. */
function waiting(task: Task, heardAt: number): Current {
  const why = task.state === "held" ? task.reason : null;
  const heard = heardAt > 0 ? `last heard at ${timeText(heardAt)}` : "never heard";
  const text = `${task.policy.version} waits until the device listens or asks: it was ${heard}`;
  const before = why === null ? "" : `, and ${becauseOf[why]} before`;
  return about(task, why ?? "waits_for_device", `${text}${before}.`);
}

/** No task is open: the last one did not succeed, or there is nothing to do. */
function idle({ version, ended }: Device): Current {
  const at = Math.max(...ended.map(({ updatedAt }) => updatedAt));
  const last = ended.find(({ updatedAt }) => updatedAt === at);
  if (last && last.state !== "succeeded" && last.policy.version !== version) {
    const why = last.reason === null ? "" : `: ${becauseOf[last.reason]}`;
    const text = `The last task, to ${last.policy.version}, ended as ${last.state} at ` +
      `${attemptOf(last)}${why}.`;
    return about(last, last.reason ?? last.state, text);
  }
  const runs = version === null ? "" : `: the device runs ${version}`;
  return { reason: "nothing_to_do", text: `No task is open${runs}.` };
}
