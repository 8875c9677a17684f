/** Given these facts, when this one comes, then that happened: the one place that touches the API. */
import assert from "node:assert/strict";
import { beginTask, freezePolicy, requestUpgrade, stepTask } from "../../../core/mod.ts";
import type { Task, TaskEvent, TaskPolicy } from "../../../core/mod.ts";
import { withTransfer } from "../../../core/upgrade/transfer.ts";

export const IMAGE = `sha256:${"5a".repeat(32)}`;
export const OTHER = `sha256:${"00".repeat(32)}`;
export const SIZE = 100_000;
export const TASK = "OTA_20230801_001";
/** When every story begins. */
export const T0 = 1_700_000_000_000;

/** The policy of a plain upgrade, with some of it otherwise. */
export function policy(other: Partial<TaskPolicy> = {}): TaskPolicy {
  const request = requestUpgrade.parse({
    device_id: "pump-7",
    firmware_version: "2.0.0",
    checksum: IMAGE,
    chunk_size: 4,
  });
  const target = { number: 1_000_001, size: SIZE, product: null };
  return { ...freezePolicy(request, target), ...other };
}

export function queued(other: Partial<TaskPolicy> = {}): Task {
  return beginTask({
    id: TASK,
    device: "pump-7",
    actor: "operator:test",
    at: T0,
    policy: policy(other),
  });
}

const stamp = (at: number) => ({ at: T0 + at, actor: "device:pump-7", task: TASK });

/** Short hands for events; the first argument is milliseconds after the task was queued. */
export const on = {
  turn: (at: number): TaskEvent => ({ type: "Activate", at: T0 + at }),
  yield: (at: number): TaskEvent => ({ type: "Preempt", at: T0 + at }),
  outdated: (at: number): TaskEvent => ({ type: "Supersede", at: T0 + at }),
  request: (at: number, data = {}): TaskEvent => ({ type: "UpdateRequested", ...stamp(at), data }),
  fetch: (at: number): TaskEvent => ({
    type: "ArtifactRequested",
    ...stamp(at),
    data: { from: 0 },
  }),
  progress: (at: number, received: number): TaskEvent => ({
    type: "ProgressReported",
    ...stamp(at),
    data: { received },
  }),
  digest: (at: number, checksum: string): TaskEvent => ({
    type: "DigestReported",
    ...stamp(at),
    data: { checksum },
  }),
  badChunks: (at: number, ...bad_chunks: number[]): TaskEvent => ({
    type: "ChunkFailed",
    ...stamp(at),
    data: { checksum: OTHER, bad_chunks },
  }),
  status: (
    at: number,
    status: Extract<TaskEvent, { type: "StatusReported" }>["data"]["status"],
    more = {},
  ): TaskEvent => ({ type: "StatusReported", ...stamp(at), data: { status, ...more } }),
  gone: (at: number): TaskEvent => ({
    type: "ContactChanged",
    ...stamp(at),
    data: { contact: "gone" },
  }),
  heard: (at: number): TaskEvent => ({
    type: "ContactChanged",
    ...stamp(at),
    data: { contact: "listening" },
  }),
  cancel: (at: number): TaskEvent => ({ type: "CancelRequested", ...stamp(at), data: {} }),
  revoke: (at: number): TaskEvent => ({ type: "DeviceRevoked", ...stamp(at), data: {} }),
  deadline: (at: number, state: string, due: number): TaskEvent => ({
    type: "DeadlinePassed",
    ...stamp(at),
    data: { state, due: T0 + due },
  }),
};

/** So many bytes of the image were given out for the task's attempt. */
export function givenOut(task: Task, bytes: number): Task {
  return { ...task, transfers: withTransfer(task.transfers, task.attempt, { bytes }) };
}

/** Folds events that must all be accepted. */
export function given(task: Task, ...events: TaskEvent[]): Task {
  return events.reduce((task, event) => {
    const step = stepTask(task, event);
    assert.ok(step.accepted, `${event.type} was refused in ${task.state}`);
    return step.task;
  }, task);
}

/** What one more event leads to, as one line: the state, the attempt, why, and the effects. */
export function then(task: Task, event: TaskEvent): string {
  const step = stepTask(task, event);
  if (!step.accepted) return "refused";
  const { state, attempt, reason } = step.task;
  return [state, `#${attempt}`, reason ?? "", ...step.effects].filter(Boolean).join(" ");
}
