/** What a person is told of a device as it is now: exactly one reason, in any history. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  deadlineOf,
  DEVICE_STATUSES,
  isActive,
  isTerminal,
  reasons,
  taskStates,
} from "../../core/mod.ts";
import type { Device, TaskPolicy } from "../../core/mod.ts";
import { becauseOf, refusedBecause } from "../../core/engine/explain_words.ts";
import { currentOf } from "../../core/engine/mod.ts";
import type { Current } from "../../core/engine/mod.ts";
import { IMAGE, OTHER, SIZE, T0, TASK } from "./support/given.ts";
import {
  asks,
  bad,
  digest,
  fact,
  gone,
  goneWith,
  listens,
  passes,
  queue,
  revoked,
  says,
  SECOND,
  stored,
  toGiven,
  told,
  toOffer,
  toStored,
  toVerified,
} from "./support/told.ts";
import type { Draft, Happening } from "./support/told.ts";

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
    [...toOffer, stored(1), queue({ image: OTHER, number: 1_000_002, priority: "low" }, SECOND)],
    `downloading: Downloading 2.0.0: 0 % stored, attempt 1 of 4; ${SECOND} (low) waits behind it.`,
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
