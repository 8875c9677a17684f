/** What a person is told of a device: one reason for each change, and exactly one for now. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  deadlineOf,
  DEVICE_STATUSES,
  isActive,
  isTerminal,
  reasons,
  sealRow,
  stepDevice,
  taskStates,
} from "../../core/mod.ts";
import type { Device, DeviceFact, SealedRow, TaskPolicy } from "../../core/mod.ts";
import { becauseOf, refusedBecause } from "../../core/engine/explain_words.ts";
import { changesOf, currentOf } from "../../core/engine/mod.ts";
import type { Change, Current } from "../../core/engine/mod.ts";
import { noTransfer } from "../../core/upgrade/transfer.ts";
import { IMAGE, OTHER, policy, SIZE, T0, TASK } from "./support/given.ts";
import { sha256 } from "./support/bench_engine.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

type Draft = Pick<DeviceFact, "type" | "data" | "task" | "personal">;

const fact = (type: DeviceFact["type"], data: object, task?: string): Draft =>
  ({ type, data, ...(task ? { task } : {}) }) as Draft;
const queue = (more: Partial<TaskPolicy> = {}, task = TASK) =>
  fact("TaskQueued", policy(more), task);
const listens = fact("ContactChanged", { contact: "listening" });
const gone = fact("ContactChanged", { contact: "gone" });
const asks = fact("UpdateRequested", {});
const revoked = fact("DeviceRevoked", {});
const digest = (checksum: string) => fact("DigestReported", { checksum }, TASK);
const bad = (...bad_chunks: number[]) => fact("ChunkFailed", { checksum: OTHER, bad_chunks }, TASK);
const stored = (received: number) => fact("ProgressReported", { received }, TASK);
const says = (
  status: string,
  { reason, ...more }: { reason?: string; [name: string]: unknown } = {},
) => ({
  ...fact("StatusReported", { status, ...more }, TASK),
  ...(reason === undefined ? {} : { personal: { reason } }),
});
const passes = (state: string, due: number, more = {}) =>
  fact("DeadlinePassed", { state, due: T0 + due, ...more }, TASK);

interface Told {
  readonly device: Device;
  readonly changes: readonly Change[];
}

/** Something that depends on the device as it is then; `seq` is that of the row it may become. */
type Happening = (device: Device, seq: number) => Draft;

/** Lives through the facts, a second or a deadline apart, and tells the rows that they lead to. */
function told(story: readonly (Draft | Happening)[]): Told {
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

const toOffer = [queue(), listens];
const toStored = [...toOffer, fact("ArtifactRequested", { from: 0 }, TASK), stored(SIZE)];
const toVerified = [queue({ completion: "booted" }), ...toStored.slice(1), digest(IMAGE)];

const transfer = (bytes: number) => {
  const { attempt: _, bad_chunks: __, ...none } = noTransfer(1);
  return { ...none, bytes };
};
const goneWith = (bytes: number) =>
  fact("ContactChanged", { contact: "gone", transfer: transfer(bytes) });
const toGiven = [queue({ completion: "seen" }), ...toStored.slice(1, 3)];
const toChecked = [...toGiven, goneWith(SIZE), passes("rebooting", 905_000)];

const changes: [story: string, facts: Draft[], line: string][] = [
  ["a registration", [], "? → registered, registered: The device was registered."],
  [
    "a token",
    [fact("TokenIssued", {
      token_sha256: "00".repeat(32),
      token_sha512: ANY_SHA512,
      overlap_ms: 60_000,
    })],
    "? → ?, token_issued: A token was made; any before it is valid for 1 min more.",
  ],
  [
    "a refusal",
    [fact("ReportRejected", { code: "no_task", report: "verify", left_out: 2 })],
    "? → ?, no_task: A verify report was refused: the device has no active task " +
    "(2 more were refused before it).",
  ],
  [
    "an order",
    [queue()],
    "? → queued, ordered: Queued 2.0.0: it was ordered with priority normal and 3 retries.",
  ],
  [
    "an offer to a device that listens",
    toOffer,
    "queued → offered, device_listens: Offered to the device: the device listens.",
  ],
  [
    "an offer to a device that asks",
    [queue(), asks],
    "queued → offered, device_asked: Offered to the device: the device asked.",
  ],
  [
    "a download",
    toStored.slice(0, 3),
    "offered → downloading, download_began: Downloading: the device asked for the image.",
  ],
  [
    "progress before a download was seen",
    [...toOffer, stored(45_900)],
    "offered → downloading, progress: Downloading: the device reported progress (45 %).",
  ],
  [
    "the last byte",
    toStored,
    "downloading → verifying, all_stored: Verifying: all bytes are stored (100 %).",
  ],
  [
    "chunks that are wrong",
    [...toStored, bad(1, 2, 5, 2)],
    "verifying → retrying, bad_chunks: Attempt 1 of 4 was spent: 3 chunks did not match.",
  ],
  [
    "the last attempt",
    [queue({ retries: 0 }), ...toStored.slice(1), bad(1)],
    "verifying → failed, bad_chunks: Failed at attempt 1 of 1: 1 chunk did not match.",
  ],
  [
    "the right digest",
    [...toStored, digest(IMAGE)],
    "verifying → succeeded, digest_right: Succeeded: the digest is right.",
  ],
  [
    "an install",
    [...toVerified, says("installing")],
    "awaiting_install → installing, device_installs: Installing: the device said so.",
  ],
  [
    "a boot",
    [...toVerified, says("rebooting"), says("booted", { version: "2.0.0" })],
    "rebooting → succeeded, new_version_runs: Succeeded: the new version runs.",
  ],
  [
    "a device that is gone",
    [...toStored, gone],
    "verifying → paused, gone: Paused: the device is gone.",
  ],
  [
    "a device that is back at its retry: no attempt is spent by that",
    [...toStored, bad(1), gone, listens],
    "paused → retrying, device_listens: Trying again: the device listens.",
  ],
  [
    "a deferral",
    [...toOffer, says("deferred", { delay_ms: 90_000, reason: "in use" })],
    "offered → paused, deferred: Paused: the device asked for a delay of 90 s, " +
    'and said "in use".',
  ],
  [
    "a deferral whose reason is not there, or was erased",
    [...toOffer, says("deferred", { delay_ms: 90_000 })],
    "offered → paused, deferred: Paused: the device asked for a delay of 90 s.",
  ],
  [
    "the end of a deferral",
    [...toOffer, says("deferred", { delay_ms: 90_000 }), passes("paused", 94_000)],
    "paused → offered, delay_over: Offered to the device: the delay is over.",
  ],
  [
    "a limit",
    [...toStored.slice(0, 3), passes("downloading", 904_000)],
    "downloading → retrying, no_progress: Attempt 1 of 4 was spent: nothing more was stored " +
    "(the limit is 15 min).",
  ],
  [
    "what the device says",
    [...toOffer, says("failed", { reason: "flash\nfull" })],
    "offered → retrying, device_failed: Attempt 1 of 4 was spent: the device reported a failure, " +
    'and said "flash\\nfull".',
  ],
  [
    "a device that is gone with all of the image",
    [...toGiven, goneWith(SIZE)],
    "downloading → rebooting, all_given: Rebooting: all of the image was given out, " +
    "whether or not it arrived.",
  ],
  [
    "a device that asks again with all of the image",
    [...toGiven, fact("UpdateRequested", { transfer: transfer(SIZE) })],
    "downloading → rebooting, all_given: Rebooting: all of the image was given out, " +
    "whether or not it arrived.",
  ],
  [
    "a device that is silent with all of the image",
    [...toGiven, passes("downloading", 904_000, { transfer: transfer(SIZE) })],
    "downloading → rebooting, all_given: Rebooting: all of the image was given out, " +
    "whether or not it arrived.",
  ],
  [
    "the end of the time for a reboot",
    toChecked,
    "rebooting → confirming, reboot_over: Waiting for the new version to be confirmed: " +
    "the time for its reboot is over (the limit is 15 min).",
  ],
  [
    "the old image",
    [...toChecked, fact("UpdateRequested", { current_version: "1.0.0" })],
    "confirming → retrying, old_image: Attempt 1 of 4 was spent: " +
    "the device came back with the image it had.",
  ],
  [
    "a check that does not come",
    [...toChecked, passes("confirming", 1_505_000)],
    "confirming → lost, silent: Lost: the device said nothing more (the limit is 10 min).",
  ],
  [
    "a cancellation",
    [...toOffer, fact("CancelRequested", {}, TASK)],
    "offered → cancelled, cancelled_by_operator: Cancelled: an operator cancelled it.",
  ],
  [
    "a revocation",
    [...toOffer, revoked],
    "offered → cancelled, device_revoked: Cancelled: the device was revoked.",
  ],
];

for (const [story, facts, line] of changes) {
  Deno.test(`changesOf() tells ${story}`, () => {
    const { from = "?", to = "?", reason, text } = told(facts).changes.at(-1)!;
    assert.equal(`${from} → ${to}, ${reason}: ${text}`, line);
  });
}

const second = "OTA_20230801_002";

Deno.test("changesOf() has an item for the device and for each task that a row moved", () => {
  const { changes } = told([
    queue(),
    queue({ image: OTHER, number: 1_000_002 }, second),
    revoked,
    revoked,
  ]);
  assert.deepEqual(
    changes.slice(-3).map(({ seq, task_id, from, to }) => [seq, task_id, from, to]),
    [
      [4, undefined, "registered", "revoked"],
      [4, TASK, "queued", "cancelled"],
      [4, second, "queued", "cancelled"],
    ],
  );
});

Deno.test("changesOf() gives the words of a fact to the task that it is about, and to no other", () => {
  const due = { state: "downloading", due: T0 };
  const passed = { ...fact("DeadlinePassed", due, TASK), at: T0, actor: "engine" } as DeviceFact;
  const moves = [
    { task: TASK, from: "downloading", to: "timed_out", attempt: 1, reason: "no_progress" },
    { task: second, from: "queued", to: "offered", attempt: 1 },
  ];
  const place = { log: "00", seq: 1, epoch: 1, stream: "device/pump-7", version: 1 };
  const outcome = { moves, effects: [] };
  const row = sealRow(
    { ...place, prev: null, cause: null },
    passed,
    outcome,
    () => "00".repeat(16),
    sha256,
  );
  assert.deepEqual(changesOf(row, () => policy({ retries: 0 })).map(({ text }) => text), [
    "Timed out at attempt 1 of 1: nothing more was stored (the limit is 15 min).",
    "Offered to the device: it was its turn.",
  ]);
});

Deno.test("changesOf() says nothing of rows that only take note", () => {
  const before = told(toStored.slice(0, 3)).changes;
  assert.deepEqual(told([...toStored.slice(0, 3), stored(20_000)]).changes, before);
});

/** After everything in these stories, before a task expires that may wait as long as usual. */
const NOW = T0 + 86_410_000;
const at = (ms: number) => new Date(T0 + ms).toISOString();
const currents: [story: string, facts: Draft[], line: string][] = [
  ["a device without a task", [], "nothing_to_do: No task is open."],
  [
    "a task that waits",
    [queue()],
    "waits_for_device: 2.0.0 waits until the device listens or asks: it was never heard.",
  ],
  ["an offer", toOffer, `offered: 2.0.0 was offered at ${at(3_000)} and is not answered yet.`],
  [
    "a download",
    [...toOffer, stored(45_900)],
    "downloading: Downloading 2.0.0: 45 % stored, attempt 1 of 4.",
  ],
  [
    "a task in hand with others behind it",
    [...toOffer, stored(1), queue({ image: OTHER, number: 1_000_002, priority: "low" }, second)],
    `downloading: Downloading 2.0.0: 0 % stored, attempt 1 of 4; ${second} (low) waits behind it.`,
  ],
  [
    "a deferral",
    [...toOffer, says("deferred", { delay_ms: 60_000 })],
    `deferred: 2.0.0 is paused with 0 % stored until ${at(64_000)}: the device asked for a delay.`,
  ],
  [
    "a device that is gone",
    [...toOffer, stored(50_000), gone],
    `gone: 2.0.0 is paused with 50 % stored since ${at(5_000)}: the device is gone.`,
  ],
  [
    "a device that says nothing of what it has stored",
    [...toGiven, goneWith(43_000)],
    `gone: 2.0.0 is paused with 43 % given out since ${at(5_000)}: the device is gone.`,
  ],
  [
    "a retry",
    [...toStored, bad(1)],
    `bad_chunks: 2.0.0 waits for attempt 2 of 4 to begin since ${at(6_000)}: ` +
    "some chunks did not match.",
  ],
  [
    "an install",
    [...toVerified, says("installing")],
    `installing: Installing, 2.0.0, since ${at(7_000)}.`,
  ],
  [
    "an offer that nobody answered",
    [...toOffer, passes("offered", 86_403_000)],
    "offline: 2.0.0 waits until the device listens or asks: it was never heard, " +
    "and the device did not answer before.",
  ],
  [
    "a task that waited too long",
    [queue({ expires_in_ms: 1_000 })],
    `expired: 2.0.0 is offered no more since ${at(3_000)}: it waited longer than it may.`,
  ],
  [
    "a task that failed",
    [queue({ retries: 0 }), listens, digest(OTHER)],
    "wrong_digest: The last task, to 2.0.0, ended as failed at attempt 1 of 1: " +
    "the digest of what was stored is not the image's.",
  ],
  [
    "a device that runs the version by other means",
    [
      queue({ retries: 0 }),
      listens,
      digest(OTHER),
      fact("UpdateRequested", { current_version: "2.0.0" }),
    ],
    "nothing_to_do: No task is open: the device runs 2.0.0.",
  ],
  [
    "a device that is up to date",
    [...toStored, digest(IMAGE)],
    "nothing_to_do: No task is open: the device runs 2.0.0.",
  ],
  [
    "a revoked device",
    [queue(), revoked],
    "revoked: The device is revoked and takes no upgrades.",
  ],
];

for (const [story, facts, line] of currents) {
  Deno.test(`currentOf() has one reason for ${story}`, () => {
    const { reason, text } = currentOf(told(facts).device, NOW, 0);
    assert.equal(`${reason}: ${text}`, line);
  });
}

/** Exactly one reason, of a known list, in one whole sentence about a task that the device has. */
function assertOneReason({ reason, text, task_id, state }: Current, device: Device): void {
  const words = [...reasons, ...taskStates, "revoked", "nothing_to_do", "waits_for_device"];
  assert.ok(words.includes(reason), reason);
  assert.match(text, /^[^.].*[^.]\.$/);
  assert.doesNotMatch(text, /undefined|null|NaN/);
  const task = [...device.tasks, ...device.ended].find(({ id }) => id === task_id);
  assert.equal(task?.state, state);
}

Deno.test("currentOf() has exactly one reason for every state and reason of a task", () => {
  const { device } = told([queue()]);
  const task = device.tasks[0]!;
  for (const state of taskStates) {
    for (const reason of [...reasons, null]) {
      for (const resumeAt of [0, NOW]) {
        const one = { ...task, state, reason, resumeAt };
        const lists = isTerminal(one) ? { tasks: [], ended: [one] } : { tasks: [one] };
        const having = { ...device, ...lists };
        const current = currentOf(having, NOW, NOW);
        assertOneReason(current, having);
        if (state !== "succeeded") assert.equal(current.task_id, TASK, `${state} ${reason}`);
      }
    }
  }
});

const taskOf = (device: Device) => device.tasks.find(isActive) ?? device.tasks[0];
const aboutActive = (draft: Draft): Happening => (device) => {
  const task = taskOf(device);
  return task ? { ...draft, task: task.id } as Draft : draft;
};

/** Everything that may happen to a device; most of it is about the task that it has in hand. */
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.tuple(
    fc.constantFrom("security", "normal", "low"),
    fc.constantFrom("verified", "booted", "reported", "seen"),
    fc.nat(2),
  ).map(([priority, completion, retries]): Happening => (_, seq) => {
    const more = { priority, completion, retries, number: 1_000_000 + seq };
    return queue(more as Partial<TaskPolicy>, `OTA_20230801_${seq}`);
  }),
  fc.constantFrom(listens, gone, asks).map((draft): Happening => () => draft),
  fc.constantFrom("2.0.0", "1.0.0").map((current_version): Happening => () =>
    fact("UpdateRequested", { current_version })
  ),
  fc.constantFrom(IMAGE, OTHER).map((checksum) => aboutActive(digest(checksum))),
  fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }).map((chunks) => aboutActive(bad(...chunks))),
  fc.constantFrom(1, SIZE / 2, SIZE).map((received) => aboutActive(stored(received))),
  fc.constant(aboutActive(fact("ArtifactRequested", { from: 0 }))),
  fc.tuple(fc.constantFrom(...DEVICE_STATUSES), fc.constantFrom({}, { version: "2.0.0" }))
    .map(([status, more]) => aboutActive(says(status, more))),
  fc.constant(aboutActive(fact("CancelRequested", {}))),
  fc.constant((device: Device): Draft => {
    const task = taskOf(device);
    const due = task ? deadlineOf(task)!.due : 0;
    return fact("DeadlinePassed", { state: task?.state ?? "queued", due }, task?.id);
  }),
  fc.constant((): Draft =>
    fact("ReportRejected", { code: "wrong_phase", report: "status", left_out: 0 })
  ),
);

Deno.test("every change of any history has one reason, and at any time there is one for now", () => {
  const seen = new Set<string>();
  const words = new Set([
    ...Object.keys(becauseOf),
    ...Object.keys(refusedBecause),
    "registered",
    "token_issued",
  ]);
  const story = fc.tuple(
    fc.constantFrom([], toVerified, [...toVerified, says("rebooting")]),
    fc.array(happening, { minLength: 1, maxLength: 40 }),
    fc.option(fc.constant(revoked), { freq: 9 }),
  );
  fc.assert(
    fc.property(story, ([begin, happenings, end]) => {
      const { device, changes } = told([...begin, ...happenings, ...(end ? [end] : [])]);
      for (const { reason, text, to } of changes) {
        assert.ok(words.has(reason), reason);
        assert.match(text, /^[A-Z].*[^.]\.$/);
        assert.doesNotMatch(text, /undefined|null|NaN/);
        seen.add(to ?? "");
      }
      for (const task of [...device.tasks, ...device.ended]) {
        const last = changes.findLast(({ task_id, to }) => task_id === task.id && to);
        assert.equal(last?.to, task.state);
      }
      assertOneReason(currentOf(device, NOW, 0), device);
    }),
    { numRuns: 2_000 },
  );
  const unseen = taskStates.filter((state) => !seen.has(state) && state !== "superseded");
  assert.deepEqual(unseen, [], "the histories are too tame");
});
