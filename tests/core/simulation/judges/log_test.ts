/** What the log is: one writer's, untampered, decided again the same, closed when a store fails. */
import assert from "node:assert/strict";
import { StoreError } from "../../../../core/engine/mod.ts";
import { EngineClock } from "../../../../core/simulation/checks/clock.ts";
import { FailClosed } from "../../../../core/simulation/checks/fail_closed.ts";
import { OneWriter } from "../../../../core/simulation/checks/one_writer.ts";
import { ReadModels } from "../../../../core/simulation/checks/read_models.ts";
import { Replayed } from "../../../../core/simulation/checks/replayed.ts";
import { TamperEvidence } from "../../../../core/simulation/checks/tamper_evidence.ts";
import { Totality } from "../../../../core/simulation/checks/totality.ts";
import { moves, TASK } from "../stage.ts";
import { about, DAY_MS, offered, ok, report, testEach, WRONG } from "./bad_story.ts";

testEach([
  ["I5", "an outcome that replay does not give", Replayed, (stage) => {
    stage.row("engine", {
      type: "LogCreated",
      data: { log_id: "0123456789abcdef", public_key: "" },
    });
    offered(stage);
    stage.device("a", "DigestReported", WRONG, about, moves([TASK, "offered", "succeeded"]));
  }],
  ["I5", "a read model that the rows do not give", ReadModels, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", WRONG, about, moves([TASK, "offered", "succeeded"]));
  }],
  ["I16", "a hash that is not the row's", TamperEvidence, (stage) => {
    stage.device("a", "DeviceRegistered", { device_id: "a" }, {}, { hash: "sha256:00" });
  }],
  ["I16", "a row that follows another", TamperEvidence, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", {}, {}, { prev: null });
  }],
  ["I19", "a gap", OneWriter, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", {}, {}, { seq: 99 });
  }],
  ["I19", "a row of an engine that was replaced", OneWriter, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", {}, {}, { epoch: 2, life: 2 });
    stage.device("a", "UpdateRequested", {}, {}, { epoch: 1 });
  }],
  ["I18", "time that goes back", EngineClock, (stage) => {
    stage.now = 1_000;
    stage.begin();
    stage.now = 0;
    stage.device("a", "UpdateRequested", {});
  }],
  ["I18", "a step that no clock made", EngineClock, (stage) => {
    stage.jumpedMs = 20_000;
    stage.row("engine", { type: "ClockStepped", data: { by_ms: 20_000 } });
    assert.deepEqual(stage.denied, []);
    stage.row("engine", { type: "ClockStepped", data: { by_ms: 20_000 } });
  }],
  ["I20", "an answer after a fault", FailClosed, (stage) => {
    stage.judge.failed?.(stage.life, "append");
    stage.input(report({}, "request"), ok);
  }],
  ["I17", "an exception", Totality, (stage) => {
    stage.judge.faulted?.(new StoreError("io", "The disk failed."), stage.life);
    assert.deepEqual(stage.denied, []);
    stage.judge.faulted?.(new TypeError("x is not a function"), stage.life);
  }],
  ["I17", "an input that nobody answers", Totality, (stage) => {
    stage.input(report({}, "request"), ok, () => {
      stage.now += DAY_MS;
      stage.judge.minute?.();
    });
  }],
]);
