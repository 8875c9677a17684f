/** Random histories of a device: what may happen to it, and the facts and states that follow. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  deadlineOf,
  DEVICE_STATUSES,
  interpretReport,
  isActive,
  parseReport,
  stepDevice,
} from "../../../core/mod.ts";
import type { Delivery, Device, DeviceFact, ReportKind } from "../../../core/mod.ts";
import { noTransfer } from "../../../core/upgrade/transfer.ts";
import { IMAGE, OTHER, policy, SIZE, T0 } from "./given.ts";

/** What the three tasks bring, by the end of their id; not in the order of their numbers. */
const VERSIONS = ["2.0.0", "2.1.0", "1.5.0"];
const version = fc.constantFrom("1.0.0", ...VERSIONS);
const IMAGES = [IMAGE, `sha256:${"6b".repeat(32)}`, `sha256:${"7c".repeat(32)}`];

/**
 * What may happen, without its stamp: reports as bytes, the digest of the task in hand, a limit met,
 * everything else as facts.
 */
type Happening =
  | { stored: true }
  | { due: number }
  | { report: ReportKind; payload: unknown; via: Delivery["via"] }
  | { fact: Pick<DeviceFact, "type" | "data" | "task"> };

const report = (kind: ReportKind, payload: unknown, via: Delivery["via"] = "mqtt"): Happening => ({
  report: kind,
  payload,
  via,
});
const fact = (type: string, data: object, task?: string): Happening => ({
  fact: { type, data, ...(task ? { task } : {}) } as never,
});

/** What was given out in the attempt in hand. */
const given = (bytes: number) => {
  const { attempt: _, bad_chunks: __, ...none } = noTransfer(1);
  return { ...none, bytes };
};

const task = fc.constantFrom("OTA_20230801_001", "OTA_20230801_002", "OTA_20230801_003");
const named = {
  task_id: fc.option(task, { nil: undefined }),
  id: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
};

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    ...named,
    checksum: fc.constantFrom(...IMAGES, OTHER),
    attempt: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    bad_chunks: fc.option(fc.array(fc.nat(30), { maxLength: 3 }), { nil: undefined }),
  }).map((body) => report("verify", body)),
  fc.record({ ...named, received: fc.nat(SIZE + 10) }).map((body) => report("progress", body)),
  fc.record({
    ...named,
    status: fc.constantFrom(...DEVICE_STATUSES),
    version: fc.option(version, { nil: undefined }),
  }).map((body) => report("status", body)),
  fc.record({
    current_version: fc.option(version, { nil: undefined }),
    running: fc.option(fc.constantFrom(...IMAGES, OTHER), { nil: undefined }),
    chunk_bytes: fc.option(fc.constantFrom(256, 4096, 5), { nil: undefined }),
    resume_from: fc.option(fc.nat(SIZE + 10), { nil: undefined }),
    via: fc.constantFrom<Delivery["via"]>("mqtt", "fetch"),
  }).map(({ via, ...body }) => report("request", body, via)),
  fc.tuple(
    task,
    fc.constantFrom("security", "normal", "low"),
    fc.constantFrom("verified", "booted", "reported", "seen"),
    fc.nat(3),
    fc.boolean(),
  ).map(([id, priority, completion, retries, allow_downgrade]) =>
    fact(
      "TaskQueued",
      policy({
        priority,
        completion,
        retries,
        allow_downgrade,
        version: VERSIONS[Number(id.slice(-1)) - 1]!,
        image: IMAGES[Number(id.slice(-1)) - 1]!,
        number: 1_000_000 + Number(id.slice(-1)),
      } as never),
      id,
    )
  ),
  fc.constant({ stored: true as const }),
  fc.nat(2).map((due) => ({ due })),
  fc.constantFrom("listening", "gone").map((contact) => fact("ContactChanged", { contact })),
  fc.constantFrom(SIZE - 1, SIZE).map((bytes) =>
    fact("ContactChanged", { contact: "gone", transfer: given(bytes) })
  ),
  task.map((id) => fact("ArtifactRequested", { from: 0 }, id)),
  task.map((id) => fact("CancelRequested", {}, id)),
  fc.tuple(task, fc.constantFrom("metadata", "retry", "success", "failed", "cancel"), fc.nat(4))
    .map(([id, kind, attempt]) => fact("MessageDelivered", { kind, attempt }, id)),
);

/** How every story begins. */
export const registered: DeviceFact = {
  type: "DeviceRegistered",
  at: T0,
  actor: "operator:t",
  data: { device_id: "pump-7" },
};

/** What happens to a device, fact by fact; a task is queued once under its id. */
export function live(happenings: readonly Happening[]): { facts: DeviceFact[]; states: Device[] } {
  let device = stepDevice(undefined, registered).device;
  const facts: DeviceFact[] = [registered];
  const states = [device];
  const queued = new Set<string>();
  let at = T0;
  for (const happening of happenings) {
    at = Math.max(at + 1_000, "due" in happening ? dueOf(device, happening)?.due ?? 0 : 0);
    const draft = draftOf(device, happening, at);
    if (!draft || draft.type === "TaskQueued" && queued.has(draft.task!)) continue;
    if (draft.type === "TaskQueued") queued.add(draft.task!);
    const actor = "report" in happening ? "device:pump-7" : "operator:t";
    const fact = { ...draft, at, actor } as DeviceFact;
    const step = stepDevice(device, fact);
    if (!step.accepted) {
      assert.equal(step.device, device, "a refused fact changed the device");
      continue;
    }
    device = step.device;
    facts.push(fact);
    states.push(device);
  }
  return { facts, states };
}

/** The limit that one of the open tasks will meet. */
function dueOf({ tasks }: Device, { due: nth }: { due: number }) {
  const task = tasks[nth];
  const deadline = task && deadlineOf(task);
  return task && deadline ? { task: task.id, state: task.state, due: deadline.due } : undefined;
}

const verify = (checksum: string) =>
  ({ report: "verify", payload: { checksum }, via: "mqtt" }) as const;

function draftOf(device: Device, happening: Happening, at: number) {
  if ("fact" in happening) return happening.fact;
  if ("due" in happening) {
    const { task, ...data } = dueOf(device, happening) ?? {};
    return task ? { type: "DeadlinePassed", data, task } as const : undefined;
  }
  const checksum = device.tasks.find(isActive)?.policy.image ?? OTHER;
  const { report: kind, payload, via } = "stored" in happening ? verify(checksum) : happening;
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  const parsed = parseReport(kind, bytes);
  if ("code" in parsed) return undefined;
  const meaning = interpretReport(device, parsed, { via, at });
  return meaning.type === "fact" ? meaning.fact : undefined;
}

/** The rarest way: a device that cannot report was given all of its image, and then it was silent. */
const silent: readonly Happening[] = [
  fact("TaskQueued", policy({ completion: "seen" }), "OTA_20230801_001"),
  report("request", {}, "fetch"),
  fact("ArtifactRequested", { from: 0 }, "OTA_20230801_001"),
  fact("ContactChanged", { contact: "gone", transfer: given(SIZE) }),
  { due: 0 },
];

/** Long enough to have several tasks in hand; a revoked device has no story any more. */
export const stories = fc.tuple(
  fc.constantFrom([], [], [], silent),
  fc.array(happening, { minLength: 10, maxLength: 60, size: "max" }),
  fc.array(fc.constant(fact("DeviceRevoked", {})), { maxLength: 1 }),
  fc.array(happening, { maxLength: 5 }),
).map((parts) => parts.flat());
