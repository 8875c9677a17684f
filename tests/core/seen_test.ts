/** The life of a task whose client cannot report (`seen`): what its checks say, and what silence means. */
import assert from "node:assert/strict";
import { deadlineOf, freezePolicy, requestUpgrade, stepTask } from "../../core/mod.ts";
import type { Task, TaskEvent } from "../../core/mod.ts";
import { given, givenOut, IMAGE, on, OTHER, queued, SIZE, T0, then } from "./support/given.ts";

const MIN = 60_000;
const DAY = 24 * 60 * MIN;
const MD5 = `md5:${"d4".repeat(16)}`;
/** By which an ESP image calls itself. */
const APPENDED = `sha256:${"e5".repeat(32)}`;

const seen = {
  ...freezePolicy(
    requestUpgrade.parse({
      device_id: "pump-7",
      firmware_version: "2.0.0",
      checksum: IMAGE,
      completion: "seen",
    }),
    { number: 1_000_001, size: SIZE, product: null, knownBy: [MD5, APPENDED] },
  ),
};

const nothing = {};
const runsVersion = { current_version: "2.0.0" };
const runsImage = { running: IMAGE };
const knownByMd5 = { running: MD5 };
const knownByDigest = { running: APPENDED };
const oldVersion = { current_version: "1.0.0" };
const oldDigest = { running: OTHER };

const offered = given(queued(seen), on.turn(1));
const partly = givenOut(given(offered, on.fetch(2)), SIZE - 1);
const whole = givenOut(partly, SIZE);
const stored = given(whole, on.progress(3, SIZE));
const partlyStored = given(partly, on.progress(3, SIZE));
const rebooting = given(whole, on.gone(40_000));
const confirming = given(rebooting, passed(rebooting));
const retrying = given(confirming, on.request(DAY, oldVersion));
const again = given(retrying, on.fetch(DAY + 1));
const lastTry = { ...confirming, attempt: 4 };
const paused = given(partly, on.gone(40_000));
const deferred = given(partly, on.status(3, "deferred"));
const wish = { resume_from: 512 };
/** It says itself how far it is. */
const verified = given(whole, on.digest(3, IMAGE));
const itsOwnReboot = given(verified, on.status(4, "installing"), on.status(5, "rebooting"));

/** The deadline of the task passes, just in time. */
function passed(task: Task): TaskEvent {
  const { due } = deadlineOf(task)!;
  return on.deadline(due - T0, task.state, due - T0);
}

/** The download as a whole has lasted too long. */
function tooSlow(task: Task): readonly [Task, TaskEvent] {
  const busy = { ...task, progressAt: T0 + 2 + DAY };
  return [busy, passed(busy)];
}

/** As clients ask that only fetch. */
function fetcher(said: object): object {
  return { ...said, fetch_only: true };
}

type Row = readonly [name: string, given: Task, when: TaskEvent, then: string];

const success = "succeeded #1 sendSuccess";
const table: Record<string, readonly Row[]> = {
  "the new image runs": [
    ["by its version", whole, on.request(3, runsVersion), success],
    ["by its SHA-256", whole, on.request(3, runsImage), success],
    ["by its MD5", whole, on.request(3, knownByMd5), success],
    ["by the digest in its header", whole, on.request(3, knownByDigest), success],
    [
      "though the version is an old one",
      whole,
      on.request(3, { ...oldVersion, ...runsImage }),
      success,
    ],
    [
      "though the digest is unknown",
      whole,
      on.request(3, { ...runsVersion, ...oldDigest }),
      success,
    ],
    ["when it was only offered", offered, on.request(3, runsImage), success],
    ["before all was given", partly, on.request(3, runsImage), success],
    ["when it is back from a pause", paused, on.request(DAY, runsImage), success],
    ["when it said that all is stored", stored, on.request(4, runsImage), success],
    ["while it reboots", rebooting, on.request(50_000, runsImage), success],
    ["at its next check", confirming, on.request(DAY, knownByMd5), success],
    ["before it tries again", retrying, on.request(DAY + 9, runsImage), "succeeded #2 sendSuccess"],
  ],
  "all of the image was given out": [
    ["it is gone", whole, on.gone(40_000), "rebooting #1"],
    ["it is gone after it stored it", stored, on.gone(40_000), "rebooting #1"],
    ["it asks and says nothing", whole, on.request(3, nothing), "rebooting #1"],
    ["it asks with the old version", whole, on.request(3, oldVersion), "rebooting #1"],
    ["it asks with the old digest", whole, on.request(3, oldDigest), "rebooting #1"],
    ["it asks after it stored it", stored, on.request(4, oldVersion), "rebooting #1"],
    ["it makes no progress", whole, passed(whole), "rebooting #1"],
    ["it took too long as a whole", ...tooSlow(whole), "rebooting #1"],
    ["it does not say what it stored", stored, passed(stored), "rebooting #1"],
    ["bytes are no success", whole, on.fetch(9), "refused"],
  ],
  "not all of it was": [
    ["it is gone", partly, on.gone(40_000), "paused #1 gone"],
    ["it is gone, though it says it has all", partlyStored, on.gone(40_000), "paused #1 gone"],
    ["it asks", partly, on.request(3, oldVersion), "refused"],
    ["it makes no progress", partly, passed(partly), "retrying #2 no_progress sendRetry"],
    ["it took too long as a whole", ...tooSlow(partly), "retrying #2 too_slow sendRetry"],
    ["it is back", paused, on.request(DAY, oldVersion), "downloading #1 sendMetadata"],
    ["it goes on", paused, on.fetch(DAY), "downloading #1"],
    ["all was given before, not now", given(again), on.gone(DAY + 2), "paused #2 gone"],
  ],
  "the time of its reboot": [
    ["it says nothing", rebooting, on.request(50_000, nothing), "refused"],
    ["the old version proves nothing yet", rebooting, on.request(50_000, oldVersion), "refused"],
    ["nor does the old digest", rebooting, on.request(50_000, oldDigest), "refused"],
    ["it fetches once more", rebooting, on.fetch(50_000), "refused"],
    ["it listens", rebooting, on.heard(50_000), "refused"],
    ["it is over", rebooting, passed(rebooting), "confirming #1"],
    ["nobody cancels", rebooting, on.cancel(50_000), "refused"],
    [
      "so it is when it said that it reboots",
      itsOwnReboot,
      on.request(50_000, oldVersion),
      "refused",
    ],
    ["and it is over, too", itsOwnReboot, passed(itsOwnReboot), "confirming #1"],
  ],
  "a check of who only fetches": [
    ["is no end of a pause", paused, on.request(DAY, fetcher(oldVersion)), "refused"],
    ["but ends a deferral", deferred, on.request(DAY, fetcher({})), "downloading #1 sendMetadata"],
    ["proves as any request does", paused, on.request(DAY, fetcher(knownByMd5)), success],
  ],
  "what it wishes meanwhile": [
    ["while it reboots", rebooting, on.request(50_000, { resume_from: 512 }), "rebooting #1"],
    ["later", confirming, on.request(DAY, { chunk_bytes: 4_096 }), "confirming #1"],
    ["but not when it said that it reboots", itsOwnReboot, on.request(50_000, wish), "refused"],
  ],
  "its next check": [
    ["says nothing", confirming, on.request(DAY, nothing), "refused"],
    [
      "has the old version",
      confirming,
      on.request(DAY, oldVersion),
      "retrying #2 old_image sendRetry",
    ],
    [
      "has the old digest",
      confirming,
      on.request(DAY, oldDigest),
      "retrying #2 old_image sendRetry",
    ],
    ["is the last one", lastTry, on.request(DAY, oldVersion), "failed #4 old_image sendFailed"],
    ["does not come", confirming, passed(confirming), "lost #1 silent sendFailed"],
    ["fetches without a word", confirming, on.fetch(DAY), "refused"],
    ["is fetched by", retrying, on.fetch(DAY + 1), "downloading #2"],
    ["is not in time to fetch", retrying, on.gone(DAY + 40_000), "paused #2 gone"],
  ],
  "a device that speaks after all": [
    ["has it whole", rebooting, on.digest(50_000, IMAGE), "awaiting_install #1 sendVerified"],
    ["has it whole later", confirming, on.digest(DAY, IMAGE), "awaiting_install #1 sendVerified"],
    ["has it wrong", rebooting, on.digest(50_000, OTHER), "retrying #2 wrong_digest sendRetry"],
    ["has bad chunks", confirming, on.badChunks(DAY, 3), "retrying #2 bad_chunks sendRetry"],
    ["has it wrong at last", lastTry, on.digest(DAY, OTHER), "failed #4 wrong_digest sendFailed"],
    ["has bad chunks at last", lastTry, on.badChunks(DAY, 3), "failed #4 bad_chunks sendFailed"],
    ["stores it still", rebooting, on.progress(50_000, 9), "downloading #1"],
    ["stores it still, later", confirming, on.progress(DAY, 9), "downloading #1"],
    ["has stored it", rebooting, on.progress(50_000, SIZE), "verifying #1"],
    [
      "declines",
      rebooting,
      on.status(50_000, "rejected"),
      "rejected #1 device_rejected sendFailed",
    ],
    [
      "declines later",
      confirming,
      on.status(DAY, "rejected"),
      "rejected #1 device_rejected sendFailed",
    ],
    ["failed", rebooting, on.status(50_000, "failed"), "retrying #2 device_failed sendRetry"],
    [
      "rolled back",
      confirming,
      on.status(DAY, "rolled_back"),
      "rolled_back #1 device_rolled_back sendFailed",
    ],
    ["has booted", rebooting, on.status(50_000, "booted", { version: "2.0.0" }), success],
    ["says no second digest when it installs", itsOwnReboot, on.digest(50_000, IMAGE), "refused"],
    ["nor stores then", itsOwnReboot, on.progress(50_000, 9), "refused"],
    ["nor declines then", itsOwnReboot, on.status(50_000, "rejected"), "refused"],
  ],
};

for (const [what, rows] of Object.entries(table)) {
  for (const [name, task, event, expected] of rows) {
    Deno.test(`stepTask(): completion seen: ${what}: ${name}`, () => {
      assert.equal(then(task, event), expected);
    });
  }
}

const others = ["verified", "booted", "reported"] as const;
for (const completion of others) {
  Deno.test(`stepTask(): completion ${completion}: bytes that were given out say nothing`, () => {
    const task = givenOut(given(queued({ ...seen, completion }), on.turn(1), on.fetch(2)), SIZE);
    assert.equal(then(task, on.gone(40_000)), "paused #1 gone");
    assert.equal(then(task, on.request(3, oldVersion)), "refused");
    assert.equal(then(task, passed(task)), "retrying #2 no_progress sendRetry");
  });
}

/** Nothing is concluded from silence, but who only fetches says what it says. */
const pausedWhole = given(
  givenOut(given(queued({ known_by: [MD5] }), on.turn(1), on.fetch(2)), SIZE),
  on.gone(40_000),
);
const pausedPartly = givenOut(pausedWhole, SIZE - 1);
const soon = 40_000 + 15 * MIN - 1;
const backs: readonly Row[] = [
  ["the attempt is spent", pausedWhole, on.request(soon + 1, fetcher(oldDigest)), oldImage(2)],
  [
    "the last one is the end",
    {
      ...pausedWhole,
      attempt: 4,
      transfers: pausedWhole.transfers.map((t) => ({ ...t, attempt: 4 })),
    },
    on.request(soon + 1, fetcher(oldVersion)),
    "failed #4 old_image sendFailed",
  ],
  ["not before it could reboot", pausedWhole, on.request(soon, fetcher(oldDigest)), "refused"],
  ["not without a word", pausedWhole, on.request(DAY, fetcher({})), "refused"],
  ["not when it runs the image", pausedWhole, on.request(DAY, fetcher(knownByMd5)), "refused"],
  ["not after a part of it", pausedPartly, on.request(DAY, fetcher(oldDigest)), "refused"],
  [
    "not by who can say more",
    pausedWhole,
    on.request(DAY, oldDigest),
    "downloading #1 sendMetadata",
  ],
];

function oldImage(attempt: number): string {
  return `retrying #${attempt} old_image sendRetry`;
}

for (const [name, task, event, expected] of backs) {
  Deno.test(`stepTask(): completion verified: back with the old image: ${name}`, () => {
    assert.equal(then(task, event), expected);
  });
}

/** Where the digest of what runs is taken for the one of what was stored. */
const downloading = given(queued({ known_by: [MD5] }), on.turn(1), on.fetch(2));
const proofs: readonly Row[] = [
  ["offered", given(queued(), on.turn(1)), on.request(2, runsImage), success],
  ["downloading", downloading, on.request(3, runsImage), success],
  ["verifying", given(downloading, on.progress(3, SIZE)), on.request(4, runsImage), success],
  ["paused", given(downloading, on.gone(3)), on.request(4, runsImage), success],
  [
    "retrying",
    given(downloading, on.digest(3, OTHER)),
    on.request(4, runsImage),
    "succeeded #2 sendSuccess",
  ],
  ["its version is no digest", downloading, on.request(3, runsVersion), "refused"],
  ["nor is an MD5", downloading, on.request(3, knownByMd5), "refused"],
  ["another one is no wrong digest", downloading, on.request(3, oldDigest), "refused"],
];

for (const [name, task, event, expected] of proofs) {
  Deno.test(`stepTask(): completion verified: the digest of what runs: ${name}`, () => {
    assert.equal(then(task, event), expected);
  });
}

Deno.test("stepTask(): completion booted: after the reboot the digest of what runs is enough", () => {
  const task = given(queued({ completion: "booted" }), on.turn(1), on.digest(2, IMAGE));
  assert.equal(then(task, on.request(3, runsImage)), "refused");
  const restarts = given(task, on.status(3, "rebooting"));
  assert.equal(then(restarts, on.request(4, runsImage)), success);
});

Deno.test("stepTask(): the time of a reboot runs from its first moment on", () => {
  const { due } = deadlineOf(rebooting)!;
  assert.equal(due, T0 + 40_000 + 15 * MIN);
  const asked = given(rebooting, on.request(90_000, wish));
  assert.equal(asked.received, 512);
  assert.equal(deadlineOf(stepTask(asked, on.fetch(91_000)).task)?.due, due);
  assert.equal(deadlineOf(confirming)?.due, due + 7 * DAY);
});

Deno.test("stepTask(): an image that was not taken is fetched whole, unless the device says otherwise", () => {
  const some = { ...confirming, received: 40_000 };
  assert.equal(given(some, on.request(DAY, oldVersion)).received, 0);
  const wish = { ...oldVersion, resume_from: 512, chunk_bytes: 4_096 };
  const { received, chunkBytes } = given(some, on.request(DAY, wish));
  assert.deepEqual([received, chunkBytes], [512, 4_096]);
});

Deno.test("stepTask(): the time in which a device seemed to reboot is no time of its download", () => {
  const back = given(rebooting, on.progress(50_000, 9));
  assert.equal(back.downloadingSince, T0 + 2 + 10_000);
});
