/** Clients that only fetch: what is concluded about them, what they are given, and that all this may be. */
import assert from "node:assert/strict";
import type { Input } from "../../../../core/engine/mod.ts";
import { CarriedOut } from "../../../../core/simulation/checks/carried_out.ts";
import { Checked } from "../../../../core/simulation/checks/checked.ts";
import { Compatible } from "../../../../core/simulation/checks/compatible.ts";
import { DeadlinesHold } from "../../../../core/simulation/checks/deadlines.ts";
import { EarnedSuccess } from "../../../../core/simulation/checks/earned_success.ts";
import { Effects } from "../../../../core/simulation/checks/effects.ts";
import { Lifecycle } from "../../../../core/simulation/checks/lifecycle.ts";
import { OwedDelivered } from "../../../../core/simulation/checks/owed_delivered.ts";
import { ReadModels } from "../../../../core/simulation/checks/read_models.ts";
import { Told } from "../../../../core/simulation/checks/told.ts";
import { requestUpgrade } from "../../../../core/mod.ts";
import { IMAGE, metadata, moves, reasoned, SIZE, Stage, TASK } from "../stage.ts";
import { about, DAY_MS, ok, testEach } from "./bad_story.ts";
import type { MakesJudge } from "./bad_story.ts";

const MINUTE_MS = 60_000;
const old = { running: `md5:${"0a".repeat(16)}` };
const runsMd5 = { running: `md5:${"00".repeat(16)}` };
const byEngine = { actor: "engine" };
const gone = { contact: "gone" };
const given = (bytes: number) => ({
  transfer: {
    first_at: 1,
    last_at: 1,
    bytes,
    requests: 1,
    repeated: 0,
    cuts: 0,
    stalls: 0,
    ms: 0,
  },
});

/** What a client says that checks. */
function check(said: object): Input {
  const parsed = { kind: "request", body: said } as const;
  return { kind: "report", device: "a", report: "request", parsed, via: "fetch" };
}

function asks(stage: Stage, said: object = old): void {
  stage.device("a", "UpdateRequested", { ...said, fetch_only: true });
}

/** It checked, and asks for the image. */
function downloading(stage: Stage, wishes: object = {}): void {
  stage.begin({ completion: "seen", ...wishes });
  asks(stage);
  stage.device("a", "ArtifactRequested", { from: 0 }, about);
}

/** It was given all of the image, and is gone. */
function rebooting(stage: Stage): void {
  downloading(stage);
  stage.device("a", "ContactChanged", { ...gone, ...given(SIZE) }, byEngine);
}

/** And is not back when it may be. */
function confirming(stage: Stage): void {
  rebooting(stage);
  const { since, policy: { limits_ms } } = stage.naive.tasks.get(TASK)!;
  stage.now += limits_ms.rebooting;
  const data = { state: "rebooting", due: since + limits_ms.rebooting };
  stage.device("a", "DeadlinePassed", data, { ...about, ...byEngine });
}

const told = (kind: "metadata" | "idle") => ({
  ok: true as const,
  messages: kind === "metadata"
    ? [{ device: "a", message: { kind, payload: { ...metadata, completion: "seen" } } as never }]
    : [{ device: "a", message: { kind, payload: { ask_again_seconds: 1 } } as never }],
});

testEach([
  ["I2", "success by bytes that were given out", EarnedSuccess, (stage) => {
    downloading(stage);
    const odd = moves([TASK, "downloading", "succeeded"]);
    stage.device("a", "ContactChanged", { ...gone, ...given(SIZE) }, byEngine, odd);
  }],
  ["I2", "success by the digest of another image", EarnedSuccess, (stage) => {
    downloading(stage);
    stage.device("a", "UpdateRequested", old, {}, moves([TASK, "downloading", "succeeded"]));
  }],
  ["I2", "an MD5 that is taken for the device's digest", EarnedSuccess, (stage) => {
    downloading(stage, { completion: "verified" });
    stage.device("a", "UpdateRequested", runsMd5, {}, moves([TASK, "downloading", "succeeded"]));
  }],
  ["I2", "a new image that nobody takes note of", Checked, (stage) => {
    downloading(stage);
    stage.now += MINUTE_MS;
    stage.input(check(runsMd5), told("idle"));
  }],
  ["I2", "an old image that nobody takes note of", Checked, (stage) => {
    confirming(stage);
    stage.now += MINUTE_MS;
    stage.input(check(old), told("idle"));
  }],
  ["I6", "an image that is given to whom runs it", Checked, (stage) => {
    downloading(stage, { completion: "booted" });
    stage.input(check(runsMd5), told("metadata"));
  }],
  ["I6", "an image that is not given to whom asks for it", Checked, (stage) => {
    downloading(stage);
    stage.input(check(old), told("idle"));
  }],
  ["lifecycle", "a reboot into half an image", Lifecycle, (stage) => {
    downloading(stage);
    const odd = moves([TASK, "downloading", "rebooting"]);
    stage.device("a", "ContactChanged", { ...gone, ...given(SIZE - 1) }, byEngine, odd);
  }],
  ["lifecycle", "a reboot of whom can say so", Lifecycle, (stage) => {
    downloading(stage, { completion: "verified" });
    const odd = moves([TASK, "downloading", "rebooting"]);
    stage.device("a", "ContactChanged", { ...gone, ...given(SIZE) }, byEngine, odd);
  }],
  ["lifecycle", "a pause of whom was given all", Lifecycle, (stage) => {
    downloading(stage);
    const odd = reasoned([TASK, "downloading", "paused", "gone"]);
    stage.device("a", "ContactChanged", { ...gone, ...given(SIZE) }, byEngine, odd);
  }],
  ["lifecycle", "an old image that has failed while it may reboot", Lifecycle, (stage) => {
    rebooting(stage);
    assert.deepEqual(stage.denied, []);
    stage.device(
      "a",
      "UpdateRequested",
      old,
      {},
      reasoned([TASK, "rebooting", "failed", "old_image"]),
    );
  }],
  ["lifecycle", "a check without a word that has failed", Lifecycle, (stage) => {
    confirming(stage);
    assert.deepEqual(stage.denied, []);
    stage.device(
      "a",
      "UpdateRequested",
      {},
      {},
      reasoned([TASK, "confirming", "failed", "old_image"]),
    );
  }],
  ["lifecycle", "a check that ends a pause", Lifecycle, (stage) => {
    downloading(stage);
    stage.device("a", "ContactChanged", { ...gone, ...given(1) }, byEngine);
    assert.deepEqual(stage.denied, []);
    const said = { ...old, fetch_only: true };
    stage.device("a", "UpdateRequested", said, {}, moves([TASK, "paused", "downloading"]));
  }],
  ["I10", "an image that is known by another's MD5", Compatible, (stage) => {
    stage.begin();
    const { policy } = stage.naive.tasks.get(TASK)!;
    const data = { ...policy, known_by: [old.running], number: 1_000_002 };
    stage.device("a", "TaskQueued", data, { task: "OTA_20260101_002", actor: "operator:x" });
  }],
  ["I4", "a device that only fetches, and is to say a digest", CarriedOut, (stage) => {
    stage.begin();
    asks(stage);
    const task = "OTA_20260101_002";
    stage.queue({ completion: "verified" }, "a", task, 1_000_002);
    const request = requestUpgrade.parse({
      device_id: "a",
      firmware_version: "2.0.0",
      checksum: `sha256:${IMAGE}`,
    });
    const command = { type: "requestUpgrade", request } as const;
    const result = { type: "task", task } as const;
    stage.input({ kind: "command", actor: "operator:x", command }, { ...ok, result });
  }],
]);

/** It checks, fetches, is silent, comes back with the old image, fetches again and runs the new one. */
function goodStory(stage: Stage): void {
  confirming(stage);
  stage.now += MINUTE_MS;
  stage.input(check(old), told("metadata"), () => {
    asks(stage);
    stage.send("a", "retry", { task_id: TASK, attempt: 2, reason: "old_image" });
  });
  stage.device("a", "ArtifactRequested", { from: 0 }, about);
  stage.now += MINUTE_MS;
  stage.device("a", "ContactChanged", { ...gone, ...given(SIZE) }, byEngine);
  stage.now += DAY_MS / 96;
  stage.input(check(runsMd5), told("idle"), () => asks(stage, runsMd5));
  stage.now += MINUTE_MS;
  stage.device("a", "MessageDelivered", { kind: "success", attempt: 2 }, about);
}

const judges: Readonly<Record<string, MakesJudge>> = {
  Checked,
  Compatible,
  DeadlinesHold,
  EarnedSuccess,
  Lifecycle,
  OwedDelivered,
  ReadModels,
  Told,
};

for (const [name, Judge] of Object.entries(judges)) {
  Deno.test(`${name} has nothing against a client that only fetches`, () => {
    const stage = new Stage((court) => new Judge(court));
    goodStory(stage);
    stage.judge.minute?.();
    stage.judge.healed?.();
    stage.judge.ended?.();
    assert.deepEqual(stage.denied, []);
  });
}

Deno.test("OwedDelivered has nothing against an image that a client does not fetch", () => {
  const stage = new Stage((court) => new OwedDelivered(court));
  stage.begin({ completion: "seen" });
  asks(stage);
  stage.judge.healed?.();
  stage.now += 2 * DAY_MS;
  stage.judge.minute?.();
  assert.deepEqual(stage.denied, []);
});

Deno.test("Effects has nothing against idle for a client that has nothing to fetch", () => {
  const stage = new Stage((court) => new Effects(court));
  confirming(stage);
  stage.now += MINUTE_MS;
  stage.input(check({}), ok, () => stage.send("a", "idle", { ask_again_seconds: 1 }, false));
  assert.deepEqual(stage.denied, []);
});
