/** What devices are told: what is on record, when there is a reason, and nothing of others. */
import assert from "node:assert/strict";
import { Effects } from "../../../../core/simulation/checks/effects.ts";
import { Isolation } from "../../../../core/simulation/checks/isolation.ts";
import { Told } from "../../../../core/simulation/checks/told.ts";
import { metadata, moves, TASK } from "../stage.ts";
import {
  about,
  DAY_MS,
  delivered,
  offered,
  ok,
  OTHER,
  report,
  RIGHT,
  testEach,
  WRONG,
} from "./bad_story.ts";

testEach([
  ["I6", "an end that is not told", Told, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", RIGHT, about, moves([TASK, "offered", "succeeded"]));
  }],
  ["I6", "a success that is not on record", Effects, (stage) => {
    offered(stage);
    stage.send("a", "success", { task_id: TASK });
  }],
  ["I6", "what was delivered, sent again for nothing", Effects, (stage) => {
    offered(stage);
    stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, about);
    stage.now += 1_000;
    stage.send("a", "metadata", metadata);
  }],
  ["I6", "a report that is answered with what answers a request", Effects, (stage) => {
    offered(stage);
    stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, about);
    stage.now += 1_000;
    stage.input(report({ id: "7", received: 10 }, "progress"), ok, () => {
      stage.send("a", "metadata", metadata);
    });
  }],
  ["I6", "a delivery that is answered", Effects, (stage) => {
    offered(stage);
    stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, about);
    stage.now += 1_000;
    stage.input(delivered("metadata"), ok, () => stage.send("a", "metadata", metadata));
  }],
  ["I6", "an answer that comes long after a broker has forgotten", Effects, (stage) => {
    offered(stage);
    stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, about);
    stage.judge.reachable?.(true, stage.life, true);
    stage.now += 1_000;
    stage.send("a", "metadata", metadata);
    assert.deepEqual(stage.denied, []);
    stage.now += DAY_MS;
    stage.send("a", "metadata", metadata);
  }],
  ["I6", "a second answer after a broker has forgotten", Effects, (stage) => {
    offered(stage);
    stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, about);
    stage.judge.reachable?.(true, stage.life, true);
    stage.now += 1_000;
    stage.send("a", "metadata", metadata);
    stage.send("a", "metadata", metadata);
  }],
  ["I6", "metadata of a task that has ended", Effects, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", RIGHT, about);
    stage.now += 1_000;
    const ask = report({}, "request");
    stage.input(ask, ok, () => stage.send("a", "metadata", metadata));
  }],
  ["I6", "a retry of a task that has succeeded", Effects, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", { id: "7", ...WRONG }, about);
    stage.device("a", "DigestReported", RIGHT, about);
    stage.now += 1_000;
    const retry = { task_id: TASK, attempt: 2, reason: "wrong_digest" };
    const owed = { task: TASK, kind: "retry", attempt: 2 };
    const message = { device: "a", message: { kind: "retry", payload: retry }, owed };
    stage.input(report({ id: "7", ...WRONG }), ok, () => {
      stage.judge.sent?.(message as never, stage.life);
    });
  }],
  ["I6", "a failure that names another state", Effects, (stage) => {
    offered(stage, { retries: 0 });
    stage.device("a", "StatusReported", { status: "rejected" }, about);
    stage.send("a", "failed", { task_id: TASK, state: "failed", reason: "device_rejected" });
  }],
  ["I6", "a cancellation of what goes on", Effects, (stage) => {
    offered(stage, { priority: "low" });
    stage.queue({ priority: "security" }, "a", OTHER, 1_000_002);
    stage.device("a", "UpdateRequested", { id: "7" });
    stage.device("a", "StatusReported", { status: "rejected" }, { task: OTHER });
    stage.device("a", "UpdateRequested", {});
    stage.now += 1_000;
    stage.input(report({ id: "7" }, "request"), ok, () => {
      stage.send("a", "cancel", { task_id: TASK, reason: "preempted" });
    });
  }],
  ["I6", "idle to a device that has something to do", Effects, (stage) => {
    offered(stage);
    stage.now += 1_000;
    stage.input(report({}, "request"), ok, () => stage.send("a", "idle", {}, false));
  }],
  ["I6", "a refusal that answers nothing", Effects, (stage) => {
    offered(stage);
    stage.send("a", "rejected", { code: "ended" }, false);
  }],
  ["I7", "a message about the task of another", Isolation, (stage) => {
    offered(stage);
    stage.device("b", "DeviceRegistered", { device_id: "b" }, { actor: "operator:x" });
    stage.send("b", "metadata", metadata);
  }],
  ["I7", "a word of another device", Isolation, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", RIGHT, { ...about, actor: "device:b" });
  }],
]);
