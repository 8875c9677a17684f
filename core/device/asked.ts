/** What a device's ask for bytes or digests means to it now: what it is to be given, or a refusal. */
import { DIGESTS_MAX, PART_BYTES_MAX, PART_BYTES_MIN, PARTS_MAX } from "../protocol/limits.ts";
import type { Ask, Part } from "../protocol/mod.ts";
import { isTerminal, isWaiting } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";
import type { Refusal } from "./interpret.ts";
import { chunkCount } from "./numbers.ts";
import { activeTask } from "./queue.ts";
import { taskOf } from "./state.ts";
import type { Device } from "./state.ts";

/** Something of a task's image. */
export type Wanted =
  /** Its bytes [start, end). */
  | Part & { readonly kind: "part" }
  /** The digests of `count` chunks of so many bytes, from that one on. */
  | {
    readonly kind: "digests";
    readonly from: number;
    readonly count: number;
    readonly chunkBytes: number;
  };

/** What a device asks for. */
export interface Asked {
  /** Its active task. */
  readonly task: Task;
  /** In the order in which it is to be given. */
  readonly wanted: readonly Wanted[];
}

/** Judges a well-formed ask. */
export function judgeAsk(device: Device, ask: Ask): Asked | Refusal {
  const task = askedTask(device, ask.body.task_id);
  if ("code" in task) return task;
  return ask.kind === "chunk/request" ? partsOf(task, ask.body) : digestsOf(task, ask.body);
}

/** Bytes are given of the active task alone: those of any other would be of another image. */
function askedTask(device: Device, id: string | undefined): Task | Refusal {
  const active = activeTask(device.tasks);
  const task = id === undefined ? active : taskOf(device, id);
  if (!task) {
    return id === undefined
      ? { code: "no_task", reason: "This device has no active task." }
      : { code: "unknown_task", reason: `This device has no task ${id}.`, task: active };
  }
  if (isWaiting(task)) {
    const reason = "The task waits for its turn; send a request first.";
    return { code: "wrong_phase", reason, task };
  }
  if (isTerminal(task)) {
    return { code: "ended", reason: `The task has ended: ${task.state}.`, task };
  }
  return task;
}

function partsOf(
  task: Task,
  { offset, length, parts = [[offset!, length!]] }: Extract<Ask, { kind: "chunk/request" }>["body"],
): Asked | Refusal {
  const { size } = task.policy;
  if (parts.length > PARTS_MAX) return outOfRange(task, `Ask for at most ${PARTS_MAX} parts.`);
  for (const [start, bytes] of parts) {
    if (!isIndex(start, size)) return outOfRange(task, `An offset is 0 to ${size - 1}, whole.`);
    const isEnd = bytes > 0 && start + bytes >= size;
    if (!Number.isInteger(bytes) || bytes > PART_BYTES_MAX || bytes < PART_BYTES_MIN && !isEnd) {
      const most = `A part has ${PART_BYTES_MIN} to ${PART_BYTES_MAX} bytes`;
      return outOfRange(task, `${most}; fewer only at the end of the image.`);
    }
  }
  const wanted = parts.map(([start, bytes]) => {
    // As in HTTP, a range that ends past the end is clamped.
    return { kind: "part" as const, start, end: Math.min(start + bytes, size) };
  });
  return { task, wanted };
}

function digestsOf(
  task: Task,
  { from, count }: Extract<Ask, { kind: "chunks/request" }>["body"],
): Asked | Refusal {
  const { chunkBytes, policy: { size } } = task;
  const chunks = chunkCount(size, chunkBytes);
  if (!isIndex(from, chunks)) {
    return outOfRange(task, `Chunks are numbered 0 to ${chunks - 1}: ask from one of them on.`);
  }
  if (!Number.isInteger(count) || count < 1 || count > DIGESTS_MAX) {
    return outOfRange(task, `Ask for 1 to ${DIGESTS_MAX} digests.`);
  }
  const digests = { from, count: Math.min(count, chunks - from), chunkBytes };
  return { task, wanted: [{ kind: "digests", ...digests }] };
}

function isIndex(n: number, count: number): boolean {
  return Number.isInteger(n) && n >= 0 && n < count;
}

function outOfRange(task: Task, reason: string): Refusal {
  return { code: "out_of_range", reason, task };
}
