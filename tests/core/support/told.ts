/** What a device lives through, as short facts, and what a person is told of it. */
import { sealRow, stepDevice } from "../../../core/mod.ts";
import type { Device, DeviceFact, SealedRow, TaskPolicy } from "../../../core/mod.ts";
import { changesOf } from "../../../core/engine/mod.ts";
import type { Change } from "../../../core/engine/mod.ts";
import { noTransfer } from "../../../core/upgrade/transfer.ts";
import { IMAGE, OTHER, policy, SIZE, T0, TASK } from "./given.ts";
import { sha256 } from "./bench_engine.ts";

export type Draft = Pick<DeviceFact, "type" | "data" | "task" | "personal">;

export const fact = (type: DeviceFact["type"], data: object, task?: string): Draft =>
  ({ type, data, ...(task ? { task } : {}) }) as Draft;
export const queue = (more: Partial<TaskPolicy> = {}, task = TASK): Draft =>
  fact("TaskQueued", policy(more), task);
export const listens = fact("ContactChanged", { contact: "listening" });
export const gone = fact("ContactChanged", { contact: "gone" });
export const asks = fact("UpdateRequested", {});
export const revoked = fact("DeviceRevoked", {});
export const digest = (checksum: string): Draft => fact("DigestReported", { checksum }, TASK);
export const bad = (...bad_chunks: number[]): Draft =>
  fact("ChunkFailed", { checksum: OTHER, bad_chunks }, TASK);
export const stored = (received: number): Draft => fact("ProgressReported", { received }, TASK);
export const says = (
  status: string,
  { reason, ...more }: { reason?: string; [name: string]: unknown } = {},
): Draft => ({
  ...fact("StatusReported", { status, ...more }, TASK),
  ...(reason === undefined ? {} : { personal: { reason } }),
});
export const passes = (state: string, due: number, more = {}): Draft =>
  fact("DeadlinePassed", { state, due: T0 + due, ...more }, TASK);

interface Told {
  readonly device: Device;
  readonly changes: readonly Change[];
}

/** Something that depends on the device as it is then; `seq` is that of the row it may become. */
export type Happening = (device: Device, seq: number) => Draft;

/** Lives through the facts, a second or a deadline apart, and tells the rows that they lead to. */
export function told(story: readonly (Draft | Happening)[]): Told {
  let device: Device | undefined;
  const rows: SealedRow[] = [];
  const policies = new Map<string, TaskPolicy>();
  let at = T0;
  for (const next of [fact("DeviceRegistered", { device_id: "pump-7" }), ...story]) {
    const draft = typeof next === "function" ? next(device!, rows.length + 1) : next;
    at = Math.max(at + 1_000, "due" in draft.data ? draft.data.due : 0);
    const stamped = { ...draft, at, actor: "operator:t" } as DeviceFact;
    const { device: after, accepted, moves, effects } = stepDevice(device, stamped);
    if (!accepted) continue;
    device = after;
    for (const task of [...device.tasks, ...device.ended]) policies.set(task.id, task.policy);
    const seq = rows.length + 1;
    const place = { log: "00", seq, epoch: 1, stream: "device/pump-7", version: seq };
    const outcome = { moves, effects };
    rows.push(
      sealRow(
        { ...place, prev: null, cause: null },
        stamped,
        outcome,
        () => "00".repeat(16),
        sha256,
      ),
    );
  }
  const changes = rows.flatMap((row) => changesOf(row, (task) => policies.get(task)));
  return { device: device!, changes };
}

export const SECOND = "OTA_20230801_002";

export const toOffer = [queue(), listens];
export const toStored = [...toOffer, fact("ArtifactRequested", { from: 0 }, TASK), stored(SIZE)];
export const toVerified = [queue({ completion: "booted" }), ...toStored.slice(1), digest(IMAGE)];

export const transfer = (bytes: number): object => {
  const { attempt: _, bad_chunks: __, ...none } = noTransfer(1);
  return { ...none, bytes };
};
export const goneWith = (bytes: number): Draft =>
  fact("ContactChanged", { contact: "gone", transfer: transfer(bytes) });
export const toGiven = [queue({ completion: "seen" }), ...toStored.slice(1, 3)];
export const toChecked = [...toGiven, goneWith(SIZE), passes("rebooting", 905_000)];
