/**
 * What a report means to this device now: a fact to be stepped, a repeat that is answered as the
 * first was, or a refusal. Nothing is changed here.
 */
import type { RejectedCode, Report } from "../protocol/mod.ts";
import type { DeviceEffectData } from "../upgrade/events.ts";
import { isTerminal, isWaiting } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";
import type { DeviceFact } from "../log/mod.ts";
import { chunkCount, isChunkable, receivedBytes, wishedChunkBytes } from "./numbers.ts";
import { activeTask, nextTask } from "./queue.ts";
import { standingEffect } from "./standing.ts";
import type { Device } from "./state.ts";

/** A fact without its stamp. */
export type FactDraft = { [F in DeviceFact as F["type"]]: Pick<F, "type" | "data" | "task"> }[
  DeviceFact["type"]
];

/** Why a report is refused, for the device's developer. */
export interface Refusal {
  /** A code of PROTOCOL §1. */
  readonly code: RejectedCode;
  /** A sentence of ours, never text from outside. */
  readonly reason: string;
  /** The task the report is about, if one was found. */
  readonly task?: Task | undefined;
}

/** What a report means. */
export type Interpretation =
  | { readonly type: "fact"; readonly fact: FactDraft; readonly about?: Task }
  | { readonly type: "repeat"; readonly effects: readonly DeviceEffectData[] }
  | { readonly type: "refused"; readonly refusal: Refusal };

/** Interprets a well-formed report. */
export function interpretReport(
  device: Device,
  report: Report,
  via: "mqtt" | "http",
): Interpretation {
  const first = device.taken.find((taken) => taken.id === report.body.id);
  if (report.body.id !== undefined && first) {
    return { type: "repeat", effects: first.effects as DeviceEffectData[] };
  }
  if (report.kind === "request") return interpretRequest(device, report.body, via);
  const found = findTask(device, report);
  if ("code" in found) return { type: "refused", refusal: found };
  const { attempt } = report.body;
  if (attempt !== undefined && attempt < found.attempt || isRightAgain(found, report)) {
    return { type: "repeat", effects: [standingEffect(found)] };
  }
  if (isTerminal(found)) return refused("ended", `The task has ended: ${found.state}.`, found);
  if (attempt !== undefined && attempt > found.attempt) {
    return refused("out_of_range", `The task is at attempt ${found.attempt}.`, found);
  }
  if (isWaiting(found)) {
    return refused("wrong_phase", "The task waits for its turn; send a request first.", found);
  }
  return toFact(found, report);
}

type TaskReport = Exclude<Report, { kind: "request" }>;

function refused(code: RejectedCode, reason: string, task?: Task): Interpretation {
  return { type: "refused", refusal: { code, reason, task } };
}

/** The task a report is about: the named one, else the active one, else the last if it fits. */
function findTask(device: Device, { kind, body }: TaskReport): Task | Refusal {
  const active = activeTask(device.tasks);
  if (body.task_id !== undefined) {
    const named = [...device.tasks, ...device.ended].find((task) => task.id === body.task_id);
    return named ??
      { code: "unknown_task", reason: `This device has no task ${body.task_id}.`, task: active };
  }
  if (kind === "verify" && active?.policy.image !== body.checksum) {
    const other = [...device.tasks, ...device.ended].find((task) =>
      task !== active && task.policy.image === body.checksum
    );
    if (other && active) {
      return { code: "wrong_task", reason: `That is the digest of ${other.id}.`, task: active };
    }
    if (other) return other;
  }
  return active ?? { code: "no_task", reason: "This device has no active task." };
}

/** The right digest once more, for a task that has taken it already. */
function isRightAgain(task: Task, report: TaskReport): boolean {
  return report.kind === "verify" && report.body.checksum === task.policy.image &&
    ["succeeded", "awaiting_install", "installing", "rebooting", "confirming"].includes(task.state);
}

function toFact(task: Task, report: TaskReport): Interpretation {
  const { id, attempt } = report.body;
  const named = {
    ...(id === undefined ? {} : { id }),
    ...(attempt === undefined ? {} : { attempt }),
  };
  switch (report.kind) {
    case "progress": {
      const received = receivedBytes(report.body, task.policy.size, task.chunkBytes);
      if (received === undefined) {
        return refused("out_of_range", `The image has ${task.policy.size} bytes.`, task);
      }
      return fact(task, { type: "ProgressReported", data: { ...named, received } });
    }
    case "verify":
      return toDigest(task, report.body, named);
    case "status":
      return toStatus(task, report.body, named);
  }
}

function toDigest(
  task: Task,
  { checksum, bad_chunks }: Extract<Report, { kind: "verify" }>["body"],
  named: { id?: string; attempt?: number },
): Interpretation {
  if (!bad_chunks?.length) {
    return fact(task, { type: "DigestReported", data: { ...named, checksum } });
  }
  const count = chunkCount(task.policy.size, task.chunkBytes);
  if (bad_chunks.some((chunk) => chunk >= count)) {
    return refused("out_of_range", `The image has ${count} chunks.`, task);
  }
  return fact(task, { type: "ChunkFailed", data: { ...named, checksum, bad_chunks } });
}

function toStatus(
  task: Task,
  body: Extract<Report, { kind: "status" }>["body"],
  named: { id?: string; attempt?: number },
): Interpretation {
  const { status, version, reason, delay_seconds } = body;
  if (status === task.state) return { type: "repeat", effects: [] };
  return fact(task, {
    type: "StatusReported",
    data: {
      ...named,
      status,
      ...(version === undefined ? {} : { version }),
      ...(reason === undefined ? {} : { reason }),
      ...(delay_seconds === undefined ? {} : { delay_ms: delay_seconds * 1000 }),
    },
  });
}

function fact(about: Task, draft: FactDraft): Interpretation {
  return { type: "fact", fact: { ...draft, task: about.id }, about };
}

function interpretRequest(
  device: Device,
  body: Extract<Report, { kind: "request" }>["body"],
  via: "mqtt" | "http",
): Interpretation {
  const task = activeTask(device.tasks) ?? nextTask(device.tasks);
  const size = task?.policy.size ?? 0;
  const chunkBytes = wishedChunkBytes(body, via);
  if (chunkBytes === undefined || chunkBytes !== null && !isChunkable(size, chunkBytes)) {
    return refused("out_of_range", "That chunk size is not allowed for this image.", task);
  }
  const from = body.resume_from;
  if (from !== undefined && !(Number.isInteger(from) && from >= 0 && (!task || from <= size))) {
    return refused("out_of_range", `resume_from must be 0 to ${size}.`, task);
  }
  const { id, current_version, product, hardware } = body;
  return {
    type: "fact",
    fact: {
      type: "UpdateRequested",
      data: {
        ...(id === undefined ? {} : { id }),
        ...(current_version === undefined ? {} : { current_version }),
        ...(product === undefined ? {} : { product }),
        ...(hardware === undefined ? {} : { hardware }),
        ...(chunkBytes === null || !task ? {} : { chunk_bytes: chunkBytes }),
        ...(from === undefined || !task ? {} : { resume_from: from }),
      },
    },
    ...(task ? { about: task } : {}),
  };
}
