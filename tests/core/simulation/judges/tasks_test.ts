/** What tasks may do: one at a time, along the lifecycle, to an end that was earned. */
import assert from "node:assert/strict";
import { BoundedRetries } from "../../../../core/simulation/checks/bounded_retries.ts";
import { Compatible } from "../../../../core/simulation/checks/compatible.ts";
import { EarnedSuccess } from "../../../../core/simulation/checks/earned_success.ts";
import { Lifecycle } from "../../../../core/simulation/checks/lifecycle.ts";
import { NoDowngrade } from "../../../../core/simulation/checks/no_downgrade.ts";
import { OneActiveTask } from "../../../../core/simulation/checks/one_active_task.ts";
import { TerminalAbsorbs } from "../../../../core/simulation/checks/terminal.ts";
import { metadata, moves, reasoned, TASK } from "../stage.ts";
import { about, offered, OTHER, RIGHT, testEach, WRONG } from "./bad_story.ts";

testEach([
  ["I1", "a second active task", OneActiveTask, (stage) => {
    offered(stage);
    stage.device("a", "ContactChanged", {}, {}, moves([OTHER, "queued", "offered"]));
  }],
  ["I2", "success without a digest", EarnedSuccess, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", WRONG, about, moves([TASK, "offered", "succeeded"]));
  }],
  ["I2", "success by a boot that nothing was verified for", EarnedSuccess, (stage) => {
    offered(stage, { completion: "booted" });
    const data = { status: "booted", version: "2.0.0" };
    stage.device("a", "StatusReported", data, about, moves([TASK, "offered", "succeeded"]));
  }],
  ["I2", "success by a boot of another version", EarnedSuccess, (stage) => {
    offered(stage, { completion: "booted" });
    stage.device("a", "DigestReported", RIGHT, about);
    const data = { status: "booted", version: "1.0.0" };
    stage.device("a", "StatusReported", data, about, moves([TASK, "confirming", "succeeded"]));
  }],
  ["I3", "an attempt too many", BoundedRetries, (stage) => {
    offered(stage, { retries: 0 });
    stage.device("a", "DigestReported", WRONG, about, moves([TASK, "offered", "retrying", 2]));
  }],
  ["I3", "an attempt that nothing spent", BoundedRetries, (stage) => {
    offered(stage);
    stage.device("a", "ContactChanged", {}, {}, moves([TASK, "offered", "paused", 2]));
  }],
  ["I8", "a move out of an end", TerminalAbsorbs, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", RIGHT, about);
    stage.device(
      "a",
      "StatusReported",
      { status: "failed" },
      about,
      moves([TASK, "succeeded", "failed"]),
    );
  }],
  ["lifecycle", "a reboot out of a download", Lifecycle, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { received: 10 }, about);
    const data = { status: "rebooting" };
    stage.device("a", "StatusReported", data, about, moves([TASK, "downloading", "rebooting"]));
  }],
  ["lifecycle", "a fact of one task that moves another", Lifecycle, (stage) => {
    offered(stage);
    const odd = moves([TASK, "offered", "downloading"]);
    stage.device("a", "ProgressReported", { received: 10 }, { task: OTHER }, odd);
  }],
  ["lifecycle", "a task of low priority that goes ahead", Lifecycle, (stage) => {
    offered(stage);
    stage.queue({ priority: "low" }, "a", OTHER, 1_000_002);
    const odd = reasoned([TASK, "offered", "queued", "preempted"], [OTHER, "queued", "offered"]);
    stage.device("a", "UpdateRequested", {}, {}, odd);
  }],
  ["lifecycle", "a pause that contact ends, though more time was asked for", Lifecycle, (stage) => {
    offered(stage);
    stage.device("a", "StatusReported", { status: "deferred", delay_ms: 60_000 }, about);
    assert.deepEqual(stage.denied, []);
    const odd = moves([TASK, "paused", "offered"]);
    stage.device("a", "ContactChanged", { contact: "listening" }, {}, odd);
  }],
  ["lifecycle", "an unanswered offer that is the end", Lifecycle, (stage) => {
    offered(stage);
    const odd = reasoned([TASK, "offered", "timed_out", "offline"]);
    stage.device("a", "DeadlinePassed", { state: "offered", due: 1 }, about, odd);
  }],
  ["lifecycle", "a cancellation while it installs", Lifecycle, (stage) => {
    offered(stage, { completion: "booted" });
    stage.device("a", "DigestReported", RIGHT, about);
    stage.device("a", "StatusReported", { status: "installing" }, about);
    assert.deepEqual(stage.denied, []);
    const odd = reasoned([TASK, "installing", "cancelled", "cancelled_by_operator"]);
    stage.device("a", "CancelRequested", {}, { ...about, actor: "operator:x" }, odd);
  }],
  ["I9", "an older version that nobody allowed", NoDowngrade, (stage) => {
    offered(stage);
    stage.device("a", "UpdateRequested", { current_version: "3.0.0" }, {}, moves());
  }],
  ["I10", "an image that was not released for the device", Compatible, (stage) => {
    stage.begin({ firmware_version: "9.0.0" });
  }],
  ["I11", "a version that names two images", Compatible, (stage) => {
    stage.begin();
    const data = { version: "2.0.0", artifacts: [{ name: "b", size: 1, sha256: "00".repeat(32) }] };
    stage.row(`image/${"00".repeat(32)}`, { type: "ReleaseNamed", data });
  }],
  ["I11", "metadata of another size", Compatible, (stage) => {
    offered(stage);
    stage.send("a", "metadata", { ...metadata, size: 1 });
  }],
]);
