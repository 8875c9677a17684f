import assert from "node:assert/strict";
import { deadlineOf, stepTask } from "../../core/mod.ts";
import type { Task, TaskEvent } from "../../core/mod.ts";
import { given, IMAGE, on, OTHER, queued, SIZE, T0, then } from "./support/given.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

const offered = given(queued(), on.turn(1));
const downloading = given(offered, on.fetch(2));
const verifying = given(downloading, on.progress(3, SIZE));
const retrying = given(verifying, on.digest(4, OTHER));
const paused = given(downloading, on.progress(3, 40_000), on.gone(4));
const booted = given(queued({ completion: "booted" }), on.turn(1), on.fetch(2));
const awaiting = given(booted, on.digest(3, IMAGE));
const installing = given(awaiting, on.status(4, "installing"));
const rebooting = given(installing, on.status(5, "rebooting"));
const confirming = given(rebooting, on.heard(6));
const lastTry = given(queued({ retries: 0 }), on.turn(1), on.fetch(2));

const hurried = {
  ...downloading,
  policy: {
    ...downloading.policy,
    limits_ms: { ...downloading.policy.limits_ms, downloading: 10_000 },
  },
};
const waitsToInstall = given(awaiting, on.status(4, "deferred"));
const pausedRetry = given(retrying, on.gone(5));
const checksItself = given(queued({ completion: "reported" }), on.turn(1), on.fetch(2));

type Row = readonly [name: string, given: Task, when: TaskEvent, then: string];

const table: Record<string, readonly Row[]> = {
  "the plain way": [
    ["a task gets its turn", queued(), on.turn(1), "offered #1 sendMetadata"],
    ["bytes are asked for", offered, on.fetch(2), "downloading #1"],
    ["progress without a request", offered, on.progress(2, 10), "downloading #1"],
    ["everything is stored", downloading, on.progress(3, SIZE), "verifying #1"],
    ["the digest is right", verifying, on.digest(4, IMAGE), "succeeded #1 sendSuccess"],
    ["right at once", offered, on.digest(4, IMAGE), "succeeded #1 sendSuccess"],
    ["right while paused", paused, on.digest(5, IMAGE), "succeeded #1 sendSuccess"],
    ["right while retrying", retrying, on.digest(5, IMAGE), "succeeded #2 sendSuccess"],
  ],
  "retries": [
    ["a wrong digest", verifying, on.digest(4, OTHER), "retrying #2 wrong_digest sendRetry"],
    ["bad chunks", verifying, on.badChunks(4, 3), "retrying #2 bad_chunks sendRetry"],
    [
      "a failure",
      downloading,
      on.status(4, "failed"),
      "retrying #2 device_failed sendRetry",
    ],
    ["the next attempt begins", retrying, on.fetch(5), "downloading #2"],
    ["the last digest is wrong", lastTry, on.digest(3, OTHER), "failed #1 wrong_digest sendFailed"],
    ["the last chunk is bad", lastTry, on.badChunks(3, 1), "failed #1 bad_chunks sendFailed"],
    [
      "the last attempt fails",
      lastTry,
      on.status(3, "failed"),
      "failed #1 device_failed sendFailed",
    ],
  ],
  "progress": [
    ["5 % is a fact", downloading, on.progress(3, SIZE / 20), "downloading #1"],
    ["less is none", downloading, on.progress(3, SIZE / 20 - 1), "refused"],
    ["but after 30 s it is", downloading, on.progress(30_002, 1), "downloading #1"],
    ["sooner under a short limit", hurried, on.progress(5_002, 1), "downloading #1"],
    ["backwards is a fact", paused, on.progress(5, 10), "downloading #1"],
    ["stored again in verifying", verifying, on.progress(4, 10), "downloading #1"],
    ["the same in verifying is none", verifying, on.progress(4, SIZE), "refused"],
  ],
  "a device that is gone": [
    ["pauses a download", downloading, on.gone(4), "paused #1 gone"],
    ["pauses a retry", retrying, on.gone(5), "paused #2 gone"],
    ["pauses a verification", verifying, on.gone(5), "paused #1 gone"],
    ["leaves an offer", offered, on.gone(5), "refused"],
    ["goes on when heard", paused, on.heard(9), "downloading #1"],
    ["goes on with a request", paused, on.request(9), "downloading #1 sendMetadata"],
    ["goes on with bytes", paused, on.fetch(9), "downloading #1"],
    ["goes on with progress", paused, on.progress(9, 41_000), "downloading #1"],
  ],
  "a device that defers": [
    [
      "is left alone",
      downloading,
      on.status(4, "deferred", { delay_ms: HOUR }),
      "paused #1 deferred",
    ],
    [
      "is not woken by contact",
      given(downloading, on.status(4, "deferred", { delay_ms: HOUR })),
      on.heard(5),
      "refused",
    ],
    [
      "is asked again after its delay",
      given(downloading, on.status(4, "deferred", { delay_ms: HOUR })),
      on.deadline(HOUR + 4, "paused", HOUR + 4),
      "downloading #1 sendMetadata",
    ],
    [
      "goes on with a request",
      given(awaiting, on.status(4, "deferred")),
      on.request(9),
      "awaiting_install #1 sendMetadata",
    ],
    [
      "may install right away",
      given(awaiting, on.status(4, "deferred")),
      on.status(9, "installing"),
      "installing #1",
    ],
    ["cannot defer a retry", retrying, on.status(5, "deferred"), "refused"],
    ["cannot defer an installation", installing, on.status(5, "deferred"), "refused"],
  ],
  "completion booted": [
    ["the digest is not enough", booted, on.digest(3, IMAGE), "awaiting_install #1 sendVerified"],
    ["it installs", awaiting, on.status(4, "installing"), "installing #1"],
    ["it reboots", installing, on.status(5, "rebooting"), "rebooting #1"],
    ["it is heard", rebooting, on.heard(6), "confirming #1"],
    [
      "it runs the new version",
      confirming,
      on.status(7, "booted", { version: "2.0.0" }),
      "succeeded #1 sendSuccess",
    ],
    [
      "its request proves it, too",
      rebooting,
      on.request(7, { current_version: "2.0.0" }),
      "succeeded #1 sendSuccess",
    ],
    [
      "it runs another version",
      confirming,
      on.status(7, "booted", { version: "1.0.0" }),
      "rolled_back #1 other_version sendFailed",
    ],
    [
      "a request before the reboot is no word on how it went",
      rebooting,
      on.request(7, { current_version: "1.0.0" }),
      "confirming #1",
    ],
    [
      "no success before the reboot, whatever version it says it runs",
      awaiting,
      on.request(4, { current_version: "2.0.0" }),
      "refused",
    ],
    [
      "it asks with the new version after the reboot",
      rebooting,
      on.request(7, { current_version: "2.0.0" }),
      "succeeded #1 sendSuccess",
    ],
    [
      "it rolled back",
      rebooting,
      on.status(7, "rolled_back"),
      "rolled_back #1 device_rolled_back sendFailed",
    ],
    ["booted without a version", rebooting, on.status(7, "booted"), "confirming #1"],
    ["no boot before the digest", booted, on.status(4, "booted", { version: "2.0.0" }), "refused"],
  ],
  "completion reported and seen": [
    [
      "the client's own word",
      given(queued({ completion: "reported" }), on.turn(1)),
      on.status(2, "booted", { version: "2.0.0" }),
      "succeeded #1 sendSuccess",
    ],
    [
      "another version is not its success",
      given(queued({ completion: "reported" }), on.turn(1)),
      on.status(2, "booted", { version: "1.0.0" }),
      "refused",
    ],
    [
      "a later contact",
      given(queued({ completion: "seen" }), on.turn(1), on.fetch(2)),
      on.request(3, { current_version: "2.0.0" }),
      "succeeded #1 sendSuccess",
    ],
  ],
  "a pause after the digest was right": [
    ["a stray fetch changes nothing", waitsToInstall, on.fetch(5), "refused"],
    ["nor does late progress", waitsToInstall, on.progress(5, 10), "refused"],
    ["nor late complete progress", waitsToInstall, on.progress(5, SIZE), "refused"],
    ["it installs", waitsToInstall, on.status(5, "installing"), "installing #1"],
    ["it reboots", waitsToInstall, on.status(5, "rebooting"), "rebooting #1"],
    [
      "it has booted",
      waitsToInstall,
      on.status(5, "booted", { version: "2.0.0" }),
      "succeeded #1 sendSuccess",
    ],
    ["it asks for more time", waitsToInstall, on.status(5, "deferred"), "paused #1 deferred"],
    ["a request goes on", waitsToInstall, on.request(5), "awaiting_install #1 sendMetadata"],
    ["deferred when just heard again", paused, on.status(5, "deferred"), "paused #1 deferred"],
    ["no install without a digest", paused, on.status(5, "installing"), "refused"],
    ["a retry that is owed stays the message", pausedRetry, on.request(9), "retrying #2"],
  ],
  "a device that checks by itself": [
    ["installs without a digest", checksItself, on.status(3, "installing"), "installing #1"],
    ["reboots without a digest", checksItself, on.status(3, "rebooting"), "rebooting #1"],
    ["another does not", downloading, on.status(3, "installing"), "refused"],
  ],
  "operators and refusals of the device": [
    [
      "cancel before the offer says nothing",
      queued(),
      on.cancel(1),
      "cancelled #1 cancelled_by_operator",
    ],
    ["cancel", downloading, on.cancel(3), "cancelled #1 cancelled_by_operator sendCancel"],
    ["no cancel from installing on", installing, on.cancel(5), "refused"],
    ["revoke", confirming, on.revoke(7), "cancelled #1 device_revoked"],
    [
      "the device declines",
      offered,
      on.status(2, "rejected"),
      "rejected #1 device_rejected sendFailed",
    ],
  ],
  "deadlines": [
    ["queued", queued(), on.deadline(30 * DAY, "queued", 30 * DAY), "timed_out #1 expired"],
    ["early", queued(), on.deadline(30 * DAY - 1, "queued", 30 * DAY), "refused"],
    ["of another state", offered, on.deadline(30 * DAY, "queued", 30 * DAY), "refused"],
    ["of another instant", offered, on.deadline(2 * DAY, "offered", DAY), "refused"],
    ["offered", offered, on.deadline(DAY + 1, "offered", DAY + 1), "held #1 offline"],
    [
      "held",
      given(offered, on.deadline(DAY + 1, "offered", DAY + 1)),
      on.deadline(30 * DAY, "held", 30 * DAY),
      "timed_out #1 expired sendFailed",
    ],
    [
      "downloading",
      downloading,
      on.deadline(15 * MIN + 2, "downloading", 15 * MIN + 2),
      "retrying #2 no_progress sendRetry",
    ],
    [
      "the download as a whole",
      { ...downloading, progressAt: T0 + DAY },
      on.deadline(DAY + 2, "downloading", DAY + 2),
      "retrying #2 too_slow sendRetry",
    ],
    ["a turn after it expired", queued(), on.turn(30 * DAY), "refused"],
    [
      "the last download",
      lastTry,
      on.deadline(15 * MIN + 2, "downloading", 15 * MIN + 2),
      "timed_out #1 no_progress sendFailed",
    ],
    [
      "retrying",
      retrying,
      on.deadline(15 * MIN + 4, "retrying", 15 * MIN + 4),
      "retrying #3 silent sendRetry",
    ],
    [
      "verifying",
      verifying,
      on.deadline(15 * MIN + 3, "verifying", 15 * MIN + 3),
      "retrying #2 silent sendRetry",
    ],
    ["paused", paused, on.deadline(7 * DAY + 4, "paused", 7 * DAY + 4), "held #1 offline"],
    [
      "awaiting_install",
      awaiting,
      on.deadline(7 * DAY + 3, "awaiting_install", 7 * DAY + 3),
      "timed_out #1 silent sendFailed",
    ],
    [
      "installing",
      installing,
      on.deadline(30 * MIN + 4, "installing", 30 * MIN + 4),
      "failed #1 silent sendFailed",
    ],
    [
      "rebooting",
      rebooting,
      on.deadline(15 * MIN + 5, "rebooting", 15 * MIN + 5),
      "lost #1 silent sendFailed",
    ],
    [
      "confirming",
      confirming,
      on.deadline(10 * MIN + 6, "confirming", 10 * MIN + 6),
      "failed #1 silent sendFailed",
    ],
  ],
};

for (const [group, rows] of Object.entries(table)) {
  for (const [name, task, event, expected] of rows) {
    Deno.test(`stepTask(): ${group}: ${name}`, () => assert.equal(then(task, event), expected));
  }
}

Deno.test("stepTask() begins a retry at the first bad chunk, at 0 after a wrong digest, else where it was", () => {
  const chunkBytes = 4096;
  const stored = given(downloading, on.progress(3, 50_000));
  assert.equal(stepTask(stored, on.badChunks(4, 7, 3, 7)).task.received, 3 * chunkBytes);
  assert.deepEqual(stepTask(stored, on.badChunks(4, 7, 3, 7)).task.badChunks, [3, 7]);
  assert.equal(stepTask(stored, on.digest(4, OTHER)).task.received, 0);
  assert.equal(stepTask(stored, on.status(4, "failed")).task.received, 50_000);
});

Deno.test("stepTask(): the same number again is no progress, however often it is reported", () => {
  const told = given(downloading, on.progress(31_000, 50), on.progress(62_000, 50));
  assert.equal(told.progressAt, T0 + 31_000);
  assert.equal(deadlineOf(told)?.due, T0 + 31_000 + 15 * MIN);
});

Deno.test("stepTask(): bad chunks are forgotten when the device changes its chunk size", () => {
  const bad = given(verifying, on.badChunks(4, 7));
  assert.deepEqual(given(bad, on.request(5, { resume_from: 0 })).badChunks, [7]);
  const recut = given(bad, on.request(5, { chunk_bytes: 1024 }));
  assert.deepEqual([recut.badChunks, recut.received], [[], 7 * 4096]);
});

Deno.test("deadlineOf() counts no time in which the task waited for its turn", () => {
  const held = given(paused, on.deadline(7 * DAY + 4, "paused", 7 * DAY + 4));
  const back = given(held, on.turn(9 * DAY), on.fetch(9 * DAY + 1));
  assert.equal(deadlineOf(back)?.due, T0 + 9 * DAY + 1 + 15 * MIN);
  assert.equal(back.downloadingSince, T0 + 9 * DAY + 1);
});

Deno.test("deadlineOf() is not shortened by a pause: the time away is no time of downloading", () => {
  const day = 24 * HOUR;
  const back = given(downloading, on.gone(10), on.heard(2 * day));
  const total = back.downloadingSince + back.policy.limits_ms.downloading_total;
  assert.equal(total, T0 + 2 + day + (2 * day - 10));
  assert.equal(deadlineOf(back)?.due, T0 + 2 * day + 15 * MIN);
});

Deno.test("stepTask() forgets when a download began once it is whole, wherever it was", () => {
  const fetching = given(booted, on.progress(3, 40_000));
  for (
    const task of [fetching, given(fetching, on.gone(4)), given(fetching, on.progress(4, SIZE))]
  ) {
    assert.ok(task.downloadingSince > 0, task.state);
    const { downloadingSince, received } = given(task, on.digest(90, IMAGE));
    assert.deepEqual([downloadingSince, received], [0, SIZE], task.state);
  }
});

Deno.test("deadlineOf() ends a download that only trickles after 24 h in all", () => {
  const slow = { ...downloading, progressAt: T0 + 24 * HOUR - MIN };
  assert.equal(deadlineOf(slow)?.due, T0 + 2 + 24 * HOUR);
});

Deno.test("stepTask() gives the same step for a task restored from JSON", () => {
  const restored = JSON.parse(JSON.stringify(paused)) as Task;
  assert.deepEqual(stepTask(restored, on.heard(9)), stepTask(paused, on.heard(9)));
});
