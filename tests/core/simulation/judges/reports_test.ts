/** What was said: taken once and in its order, on record as it was said, by whoever said it. */
import assert from "node:assert/strict";
import type { Answer } from "../../../../core/engine/mod.ts";
import { Acknowledged } from "../../../../core/simulation/checks/acknowledged.ts";
import { Attributed } from "../../../../core/simulation/checks/attributed.ts";
import { CarriedOut } from "../../../../core/simulation/checks/carried_out.ts";
import { InOrder } from "../../../../core/simulation/checks/in_order.ts";
import { Refusals } from "../../../../core/simulation/checks/refusals.ts";
import { Seldom } from "../../../../core/simulation/checks/seldom.ts";
import { moves, SIZE, TASK } from "../stage.ts";
import type { Stage } from "../stage.ts";
import { about, offered, ok, OTHER, report, RIGHT, testEach, WRONG } from "./bad_story.ts";

const refused: Answer = {
  ok: true,
  messages: [{
    device: "a",
    message: { kind: "rejected", payload: { code: "no_task", reason: "There is none." } },
  }],
};
const rejected = (stage: Stage, left_out: number) =>
  stage.device("a", "ReportRejected", { code: "no_task", report: "verify", left_out });

testEach([
  ["I4", "a digest that was taken and is nowhere", Acknowledged, (stage) => {
    offered(stage);
    stage.input(report({ id: "7", ...RIGHT }), ok);
  }],
  ["I4", "progress by a tenth that is nowhere", Acknowledged, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { received: 10 }, about);
    stage.input(report({ id: "7", received: 10 + 80 }, "progress"), ok);
    assert.deepEqual(stage.denied, []);
    stage.input(report({ id: "8", received: 10 + 400 }, "progress"), ok);
  }],
  ["I4", "progress after a minute that is nowhere", Acknowledged, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { received: 10 }, about);
    stage.now += 60_000;
    stage.input(report({ id: "7", received: 11 }, "progress"), ok);
  }],
  ["I4", "a download that is complete and nowhere", Acknowledged, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { received: 4_090 }, about);
    stage.input(report({ id: "7", percent: 100 }, "progress"), ok);
  }],
  ["I4", "a report that another batch excuses", Acknowledged, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { received: SIZE / 2 }, about);
    stage.input(report({ id: "7", received: SIZE / 2 + 1 }, "progress"), ok, () => {
      stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, about);
      stage.device("a", "ProgressReported", { received: 10 }, about);
      stage.device("a", "ProgressReported", { received: 20 + 400 }, about);
    });
  }],
  ["I4", "a repeat that is a second fact", Acknowledged, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { id: "7", received: 10 }, about);
    stage.device("a", "ProgressReported", { id: "7", received: 10 }, about);
  }],
  ["I4", "a fact for a byte", Seldom, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { received: 10 }, about);
    stage.device("a", "ProgressReported", { received: 10 + 400 }, about);
    stage.now += 30_000;
    stage.device("a", "ProgressReported", { received: 11 + 400 }, about);
    assert.deepEqual(stage.denied, []);
    stage.device("a", "ProgressReported", { received: 12 + 400 }, about, moves());
  }],
  ["I4", "a fact for a range", Seldom, (stage) => {
    offered(stage);
    stage.device("a", "ArtifactRequested", { from: 0 }, about);
    assert.deepEqual(stage.denied, []);
    stage.now += 10_000;
    stage.device("a", "ArtifactRequested", { from: 10 }, about, moves());
  }],
  ["I4", "a task that was promised and is not queued", CarriedOut, (stage) => {
    const request = { device_id: "a", checksum: RIGHT.checksum };
    const command = { type: "requestUpgrade", request } as never;
    const result = { type: "task", task: TASK } as const;
    stage.input({ kind: "command", actor: "operator:x", command }, { ...ok, result });
  }],
  ["I4", "reports that overtook each other", InOrder, (stage) => {
    offered(stage);
    stage.input(report({ id: "1" }, "progress"), ok, () => {
      stage.input(report({ id: "2" }, "progress"), ok, () => {
        stage.device("a", "ProgressReported", { id: "2", received: 20 }, about);
        stage.device("a", "ProgressReported", { id: "1", received: 10 }, about);
      });
    });
  }],
  ["I7", "a word that nobody said", Attributed, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
  }],
  ["I7", "a word about another task", Attributed, (stage) => {
    stage.begin();
    stage.input(report({ task_id: OTHER, ...RIGHT }), ok, () => {
      stage.device("a", "DigestReported", RIGHT, about);
    });
  }],
  ["I8", "a word of another attempt", Attributed, (stage) => {
    stage.begin();
    stage.input(report({ attempt: 2, ...RIGHT }), ok, () => {
      stage.device("a", "DigestReported", { attempt: 2, ...RIGHT }, about);
    });
  }],
  ["I8", "a refusal that is not counted", Refusals, (stage) => {
    stage.begin();
    stage.input(report(WRONG), refused, () => rejected(stage, 0));
    stage.input(report(WRONG), refused);
    stage.input(report(WRONG), refused, () => rejected(stage, 0));
  }],
]);
