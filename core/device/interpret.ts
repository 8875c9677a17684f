/**
 * What a report means to this device now: a fact to be stepped, a repeat that is answered as the
 * first was, or a refusal. Nothing is changed here.
 */
import { BAD_CHUNKS_MAX, REPORT_EVERY_MS, REPORTS_BURST } from "../protocol/mod.ts";
import type { RejectedCode, Report } from "../protocol/mod.ts";
import type { DeviceEffectData } from "../upgrade/events.ts";
import { isActive, isTerminal, isWaiting } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";
import type { DeviceFact, Effect, FactOf } from "../log/mod.ts";
import { chunkCount, isChunkable, receivedBytes, wishedChunkBytes } from "./numbers.ts";
import { activeTask, nextTask } from "./queue.ts";
import { isVerified, standingEffects } from "./standing.ts";
import { taskOf } from "./state.ts";
import type { Device, TakenReport } from "./state.ts";

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
export function interpretReport(device: Device, report: Report, how: Delivery): Interpretation {
  const first = firstOf(device, report, how);
  if (first) return { type: "repeat", effects: first.effects.flatMap((e) => standing(device, e)) };
  const names = namesOf(report, how);
  if (isTooMuch(device, report, how)) {
    const reason = "The device reports too often; say less for some minutes.";
    return refused("rate_limited", reason, activeTask(device.tasks));
  }
  if (report.kind === "request") return interpretRequest(device, report.body, how, names);
  const found = findTask(device, report);
  if ("code" in found) return { type: "refused", refusal: found };
  const { attempt } = report.body;
  if (isWaiting(found)) {
    return refused("wrong_phase", "The task waits for its turn; send a request first.", found);
  }
  if (attempt !== undefined && attempt < found.attempt || isRightAgain(found, report)) {
    return { type: "repeat", effects: standingEffects(found) };
  }
  if (isTerminal(found)) return refused("ended", `The task has ended: ${found.state}.`, found);
  if (attempt !== undefined && attempt > found.attempt) {
    return refused("out_of_range", `The task is at attempt ${found.attempt}.`, found);
  }
  return toFact(found, report, names);
}

/** How a report came. */
export interface Delivery {
  /** The transport; `fetch`: a client asks over HTTP that only fetches images. */
  readonly via: "mqtt" | "http" | "fetch";
  /** The engine time now. */
  readonly at: number;
  /** The packet it came in, where the transport sends again what was not acknowledged. */
  readonly packet?: Packet | undefined;
}

/** A packet of a transport that sends again. */
export interface Packet {
  /** The same for the same packet of the same client, and for no other of its last ones. */
  readonly key: string;
  /** The transport says that it may have come before. */
  readonly isRepeat: boolean;
}

type TaskReport = Exclude<Report, { kind: "request" }>;
type Names = Pick<FactOf<"ProgressReported">["data"], "id" | "packet" | "attempt">;

/** The report that this one repeats. */
function firstOf(device: Device, { body }: Report, { packet }: Delivery): TakenReport | undefined {
  return device.taken.find((taken) =>
    body.id !== undefined && taken.id === body.id ||
    packet?.isRepeat && taken.packet === packet.key
  );
}

/**
 * Reports that can be made for ever are limited (PROTOCOL §1, `rate_limited`). Digests and results are
 * not: attempts bound them, and none of them may be lost.
 */
function isTooMuch(device: Device, { kind, body }: Report, { at }: Delivery): boolean {
  return device.pacedUntil - at >= REPORTS_BURST * REPORT_EVERY_MS && kind !== "verify" &&
    (kind !== "status" || body.status === "deferred");
}

/**
 * What a report led to, said again; of a task that is not active any more, where that is now. Nor is a
 * digest still right for a task that had to yield meanwhile.
 */
function standing(device: Device, effect: Effect): readonly DeviceEffectData[] {
  const task = taskOf(device, effect.task);
  const isOver = task && (!isActive(task) || effect.type === "sendVerified");
  return isOver ? standingEffects(task) : [effect as DeviceEffectData];
}

/** What a fact keeps so that a repeat of it will be known. */
function namesOf({ body }: Report, { packet }: Delivery): Names {
  const attempt = "attempt" in body ? body.attempt : undefined;
  return {
    ...(body.id === undefined ? {} : { id: body.id }),
    ...(packet === undefined ? {} : { packet: packet.key }),
    ...(attempt === undefined ? {} : { attempt }),
  };
}

function refused(code: RejectedCode, reason: string, task?: Task): Interpretation {
  return { type: "refused", refusal: { code, reason, task } };
}

/** The task a report is about: the named one, else the active one, else the last if it fits. */
function findTask(device: Device, { kind, body }: TaskReport): Task | Refusal {
  const active = activeTask(device.tasks);
  if (body.task_id !== undefined) {
    return taskOf(device, body.task_id) ??
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
  if (report.kind !== "verify" || report.body.checksum !== task.policy.image) return false;
  return task.state === "succeeded" || isVerified(task);
}

function toFact(task: Task, report: TaskReport, named: Names): Interpretation {
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
  named: Names,
): Interpretation {
  if (!bad_chunks?.length || bad_chunks.length > BAD_CHUNKS_MAX) {
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
  named: Names,
): Interpretation {
  const { status, version, reason, delay_seconds } = body;
  const isKnown = status === task.state ||
    status === "booted" && task.state === "confirming" && version === undefined;
  if (isKnown) return { type: "repeat", effects: [] };
  return fact(task, {
    type: "StatusReported",
    data: {
      ...named,
      status,
      ...(version === undefined ? {} : { version }),
      ...(delay_seconds === undefined ? {} : { delay_ms: delay_seconds * 1000 }),
    },
    ...(reason === undefined ? {} : { personal: { reason } }),
  });
}

function fact(about: Task, draft: FactDraft): Interpretation {
  return { type: "fact", fact: { ...draft, task: about.id }, about };
}

function interpretRequest(
  device: Device,
  body: Extract<Report, { kind: "request" }>["body"],
  { via, at }: Delivery,
  names: Names,
): Interpretation {
  const task = activeTask(device.tasks) ?? nextTask(device.tasks, at);
  const size = task?.policy.size ?? 0;
  const chunkBytes = wishedChunkBytes(body, via);
  if (chunkBytes === undefined || chunkBytes !== null && !isChunkable(size, chunkBytes)) {
    return refused("out_of_range", "That chunk size is not allowed for this image.", task);
  }
  const from = body.resume_from;
  if (from !== undefined && !(Number.isInteger(from) && from >= 0 && (!task || from <= size))) {
    return refused("out_of_range", `resume_from must be 0 to ${size}.`, task);
  }
  const { version, transport, current_version, running, product, hardware } = body;
  return {
    type: "fact",
    fact: {
      type: "UpdateRequested",
      data: {
        ...names,
        ...(version === undefined ? {} : { version }),
        ...(transport === undefined ? {} : { transport }),
        ...(current_version === undefined ? {} : { current_version }),
        ...(running === undefined ? {} : { running }),
        ...(via === "fetch" ? { fetch_only: true as const } : {}),
        ...(product === undefined ? {} : { product }),
        ...(hardware === undefined ? {} : { hardware }),
        ...(chunkBytes === null ? {} : { chunk_bytes: chunkBytes }),
        ...(from === undefined ? {} : { resume_from: from }),
      },
    },
    ...(task ? { about: task } : {}),
  };
}
