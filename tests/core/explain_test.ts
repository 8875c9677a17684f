/** What a person is told of each change of a device: one reason. */
import assert from "node:assert/strict";
import { sealRow } from "../../core/mod.ts";
import type { DeviceFact } from "../../core/mod.ts";
import { changesOf } from "../../core/engine/mod.ts";
import { IMAGE, OTHER, policy, SIZE, T0, TASK } from "./support/given.ts";
import { sha256 } from "./support/bench_engine.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";
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
  toChecked,
  toGiven,
  told,
  toOffer,
  toStored,
  toVerified,
  transfer,
} from "./support/told.ts";
import type { Draft } from "./support/told.ts";

const unobserved = { observed_at: 0, measured_at: 0, rose_at: 0, cut_at: 0, stalled_ms: 0 };
const seen = { ...unobserved, observed_at: T0, measured_at: T0, stalled_ms: 3_000 };
const networkStalled = {
  http: { ...seen, trust: 30, bytes_per_s: 2_500, steady_bytes_per_s: 3_000 },
  mqtt: { ...unobserved, trust: 600 },
  listening: true,
};

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
    "a recommendation",
    [...toStored.slice(0, 3), fact("NetworkMeasured", networkStalled)],
    "? → ?, stalled: Bytes had better go by MQTT from here on: nothing moved the other way " +
    "(HTTP: 2 KiB/s, trusted 3 %, MQTT: not measured, trusted 60 %).",
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

Deno.test("changesOf() has an item for the device and for each task that a row moved", () => {
  const { changes } = told([
    queue(),
    queue({ image: OTHER, number: 1_000_002 }, SECOND),
    revoked,
    revoked,
  ]);
  assert.deepEqual(
    changes.slice(-3).map(({ seq, task_id, from, to }) => [seq, task_id, from, to]),
    [
      [4, undefined, "registered", "revoked"],
      [4, TASK, "queued", "cancelled"],
      [4, SECOND, "queued", "cancelled"],
    ],
  );
});

Deno.test("changesOf() gives the words of a fact to the task that it is about, and to no other", () => {
  const due = { state: "downloading", due: T0 };
  const passed = { ...fact("DeadlinePassed", due, TASK), at: T0, actor: "engine" } as DeviceFact;
  const moves = [
    { task: TASK, from: "downloading", to: "timed_out", attempt: 1, reason: "no_progress" },
    { task: SECOND, from: "queued", to: "offered", attempt: 1 },
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
