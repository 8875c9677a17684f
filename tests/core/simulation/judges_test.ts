import assert from "node:assert/strict";
import { StoreError } from "../../../core/engine/mod.ts";
import type { Answer, Input } from "../../../core/engine/mod.ts";
import { Acknowledged } from "../../../core/simulation/checks/acknowledged.ts";
import { Attributed } from "../../../core/simulation/checks/attributed.ts";
import { BoundedRetries } from "../../../core/simulation/checks/bounded_retries.ts";
import { Called } from "../../../core/simulation/checks/called.ts";
import { CarriedOut } from "../../../core/simulation/checks/carried_out.ts";
import { Compatible } from "../../../core/simulation/checks/compatible.ts";
import { DeadlinesHold } from "../../../core/simulation/checks/deadlines.ts";
import { EarnedSuccess } from "../../../core/simulation/checks/earned_success.ts";
import { Effects } from "../../../core/simulation/checks/effects.ts";
import { EngineClock } from "../../../core/simulation/checks/clock.ts";
import { FailClosed } from "../../../core/simulation/checks/fail_closed.ts";
import { InOrder } from "../../../core/simulation/checks/in_order.ts";
import { Isolation } from "../../../core/simulation/checks/isolation.ts";
import type { Court, Judge } from "../../../core/simulation/checks/judge.ts";
import { LockedOut } from "../../../core/simulation/checks/locked_out.ts";
import { Lifecycle } from "../../../core/simulation/checks/lifecycle.ts";
import { NoDowngrade } from "../../../core/simulation/checks/no_downgrade.ts";
import { OneActiveTask } from "../../../core/simulation/checks/one_active_task.ts";
import { OneWriter } from "../../../core/simulation/checks/one_writer.ts";
import { Offered } from "../../../core/simulation/checks/offered.ts";
import { OwedDelivered } from "../../../core/simulation/checks/owed_delivered.ts";
import { ReadModels } from "../../../core/simulation/checks/read_models.ts";
import { Refusals } from "../../../core/simulation/checks/refusals.ts";
import { Replayed } from "../../../core/simulation/checks/replayed.ts";
import { Seldom } from "../../../core/simulation/checks/seldom.ts";
import { TamperEvidence } from "../../../core/simulation/checks/tamper_evidence.ts";
import { TasksEnd } from "../../../core/simulation/checks/tasks_end.ts";
import { TerminalAbsorbs } from "../../../core/simulation/checks/terminal.ts";
import { Told } from "../../../core/simulation/checks/told.ts";
import { Totality } from "../../../core/simulation/checks/totality.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { IMAGE, metadata, moves, reasoned, SIZE, Stage, TASK } from "./stage.ts";

const OTHER = "OTA_20260101_002";
const RIGHT = { checksum: `sha256:${IMAGE}` };
const WRONG = { checksum: `sha256:${"00".repeat(32)}` };
const about = { task: TASK };
const ok: Answer = { ok: true, messages: [] };
const DAY_MS = 86_400_000;

const judges: Readonly<Record<string, new (court: Court) => Judge>> = {
  Acknowledged,
  Attributed,
  BoundedRetries,
  Called,
  CarriedOut,
  Compatible,
  DeadlinesHold,
  EarnedSuccess,
  Effects,
  EngineClock,
  FailClosed,
  InOrder,
  Isolation,
  LockedOut,
  Lifecycle,
  NoDowngrade,
  Offered,
  OneActiveTask,
  OneWriter,
  OwedDelivered,
  ReadModels,
  Refusals,
  Replayed,
  Seldom,
  TamperEvidence,
  TasksEnd,
  TerminalAbsorbs,
  Told,
  Totality,
};

function report(body: object, kind = "verify"): Input {
  const parsed = { kind, body } as Extract<Input, { kind: "report" }>["parsed"];
  return { kind: "report", device: "a", report: kind, parsed, via: "http" };
}

function delivered(message: string): Input {
  return { kind: "delivered", device: "a", task: TASK, message, attempt: 1 };
}

/** Registered, asked, verified, told: nothing of it is wrong. */
function goodStory(stage: Stage): void {
  stage.row("engine", { type: "LogCreated", data: { log_id: "0123456789abcdef", public_key: "" } });
  stage.begin();
  stage.input(report({ id: "1", current_version: "1.0.0" }, "request"), ok, () => {
    stage.device("a", "UpdateRequested", { id: "1", current_version: "1.0.0" });
    stage.send("a", "metadata", metadata);
  });
  stage.input(delivered("metadata"), ok, () => {
    stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, about);
  });
  stage.input(report({ id: "2", ...RIGHT }), ok, () => {
    stage.device("a", "DigestReported", { id: "2", ...RIGHT }, about);
    stage.send("a", "success", { task_id: TASK, version: "2.0.0" });
  });
  stage.input(report({ id: "2", ...RIGHT }), ok);
  stage.input(delivered("success"), ok, () => {
    stage.device("a", "MessageDelivered", { kind: "success", attempt: 1 }, about);
  });
  stage.now += DAY_MS;
  stage.judge.minute?.();
  stage.judge.healed?.();
  stage.judge.ended?.();
}

for (const [name, Judge] of Object.entries(judges)) {
  Deno.test(`${name} has nothing against an upgrade that goes well`, () => {
    const stage = new Stage((court) => new Judge(court));
    goodStory(stage);
    assert.deepEqual(stage.denied, []);
  });
}

/** Something else is written, minutes later. */
const later = (stage: Stage) => {
  stage.now += 120_000;
  stage.row("engine", { type: "EngineStarted", data: { epoch: 1 } });
};

type Story = readonly [
  invariant: string,
  what: string,
  judge: new (court: Court) => Judge,
  story: (stage: Stage) => void,
];

const offered = (stage: Stage, wishes: object = {}) => {
  stage.begin(wishes);
  stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
};

const refused: Answer = {
  ok: true,
  messages: [{
    device: "a",
    message: { kind: "rejected", payload: { code: "no_task", reason: "There is none." } },
  }],
};
const rejected = (stage: Stage, left_out: number) =>
  stage.device("a", "ReportRejected", { code: "no_task", report: "verify", left_out });

/** The deadline of the task passes; what comes of it is what the engine makes of it. */
const passes = (stage: Stage, state: string, due: number, odd: object = {}) => {
  assert.deepEqual(stage.denied, []);
  const fact = { state, due };
  stage.device("a", "DeadlinePassed", fact, { ...about, actor: "engine" }, odd);
};

const badStories: readonly Story[] = [
  ["I6", "an end that is not told", Told, (stage) => {
    offered(stage);
    stage.device("a", "DigestReported", RIGHT, about, moves([TASK, "offered", "succeeded"]));
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
  ["I4", "a repeat that is a second fact", Acknowledged, (stage) => {
    offered(stage);
    stage.device("a", "ProgressReported", { id: "7", received: 10 }, about);
    stage.device("a", "ProgressReported", { id: "7", received: 10 }, about);
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
  ["I16", "a hash that is not the row's", TamperEvidence, (stage) => {
    stage.device("a", "DeviceRegistered", { device_id: "a" }, {}, { hash: "sha256:00" });
  }],
  ["I16", "a row that follows another", TamperEvidence, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", {}, {}, { prev: null });
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
  ["I19", "a gap", OneWriter, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", {}, {}, { seq: 99 });
  }],
  ["I19", "a row of an engine that was replaced", OneWriter, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", {}, {}, { epoch: 2, life: 2 });
    stage.device("a", "UpdateRequested", {}, {}, { epoch: 1 });
  }],
  ["I20", "an answer after a fault", FailClosed, (stage) => {
    stage.judge.failed?.(stage.life, "append");
    stage.input(report({}, "request"), ok);
  }],
  ["L1", "a device that asks and is offered nothing", Offered, (stage) => {
    stage.begin();
    stage.device("a", "ContactChanged", { contact: "listening" }, {}, moves());
  }],
  ["L1", "a device that is there, and nobody offers it anything", Offered, (stage) => {
    stage.begin();
    stage.judge.healed?.();
    stage.now += DAY_MS;
    stage.judge.minute?.();
  }],
  ["L1", "a task that never ends", TasksEnd, (stage) => {
    stage.begin();
    stage.judge.healed?.();
    stage.judge.ended?.();
  }],
  ["L1", "a task that ends too late", TasksEnd, (stage) => {
    stage.begin();
    stage.judge.healed?.();
    stage.now += 300 * DAY_MS;
    stage.device("a", "CancelRequested", {}, about);
  }],
  ["L3", "a deadline that passes too early", DeadlinesHold, (stage) => {
    offered(stage);
    stage.now += DAY_MS - 1;
    const due = stage.naive.tasks.get(TASK)!.since + DAY_MS;
    stage.device("a", "DeadlinePassed", { state: "offered", due }, { ...about, actor: "engine" });
  }],
  ["L3", "a deadline that passes right after a start", DeadlinesHold, (stage) => {
    offered(stage);
    stage.now += DAY_MS;
    stage.judge.reachable?.(true, stage.life);
    const due = stage.naive.tasks.get(TASK)!.since + DAY_MS;
    stage.device("a", "DeadlinePassed", { state: "offered", due }, { ...about, actor: "engine" });
  }],
  ["L3", "a deadline that does not pass", DeadlinesHold, (stage) => {
    offered(stage);
    stage.judge.healed?.();
    stage.now += 2 * DAY_MS;
    stage.judge.minute?.();
  }],
  ["L4", "a connection that lives on though its device is revoked", LockedOut, (stage) => {
    stage.begin();
    stage.device("a", "DeviceRevoked", {}, { actor: "operator:test" });
    later(stage);
    later(stage);
  }],
  ["L4", "a connection that lives on though its token has ended", LockedOut, (stage) => {
    stage.begin();
    const token = { token_sha256: "aa".repeat(32), token_sha512: ANY_SHA512 };
    stage.device("a", "TokenIssued", { ...token, overlap_ms: 0 }, { actor: "operator:test" });
    stage.device("a", "TokenIssued", { ...token, overlap_ms: 1_000 }, { actor: "operator:test" });
    stage.judge.disconnected?.("a", { number: 2, isAlive: true }, Infinity);
    later(stage);
    later(stage);
  }],
  ["L4", "a connection that is cut for nothing", LockedOut, (stage) => {
    stage.begin();
    stage.judge.disconnected?.("a", stage.life, Infinity);
  }],
  ["L3", "a deferral that does not end when it is over", DeadlinesHold, (stage) => {
    offered(stage);
    stage.device("a", "StatusReported", { status: "deferred", delay_ms: 600_000 }, about);
    stage.now += 7 * DAY_MS;
    passes(stage, "paused", stage.naive.tasks.get(TASK)!.since + 7 * DAY_MS);
  }],
  ["L3", "a deferral that is the end of an offer", DeadlinesHold, (stage) => {
    offered(stage);
    stage.device("a", "StatusReported", { status: "deferred", delay_ms: 600_000 }, about);
    stage.now += 600_000;
    const due = stage.naive.tasks.get(TASK)!.since + 600_000;
    passes(stage, "paused", due, reasoned([TASK, "paused", "held", "offline"]));
  }],
  ["L3", "a download that lasts too long", DeadlinesHold, (stage) => {
    offered(stage, { limits: { downloading: 600, downloading_total: 900 } });
    stage.device("a", "ProgressReported", { received: 100 }, about);
    const since = stage.naive.tasks.get(TASK)!.since;
    stage.now += 500_000;
    stage.device("a", "ProgressReported", { received: 1_000 }, about);
    stage.now += 600_000;
    passes(stage, "downloading", since + 500_000 + 600_000);
  }],
  ["L3", "a slow download that is said to have stopped", DeadlinesHold, (stage) => {
    offered(stage, { limits: { downloading: 600, downloading_total: 600 } });
    stage.device("a", "ProgressReported", { received: 100 }, about);
    stage.now += 600_000;
    const due = stage.naive.tasks.get(TASK)!.since + 600_000;
    const odd = reasoned([TASK, "downloading", "retrying", "no_progress"]);
    passes(stage, "downloading", due, odd);
  }],
  ["L3", "a pause that is time of the download", DeadlinesHold, (stage) => {
    offered(stage, { limits: { downloading: 600, downloading_total: 900 } });
    stage.device("a", "ProgressReported", { received: 100 }, about);
    const { since } = stage.naive.tasks.get(TASK)!;
    stage.now += 300_000;
    stage.device("a", "ContactChanged", { contact: "gone" });
    stage.now += 500_000;
    stage.device("a", "ContactChanged", { contact: "listening" });
    stage.now += 100_000;
    passes(stage, "downloading", since + 900_000);
  }],
  ["L3", "a deadline that does not pass, though not all is well yet", DeadlinesHold, (stage) => {
    offered(stage);
    stage.now += 2 * DAY_MS;
    stage.judge.minute?.();
  }],
  ["L3", "a deadline that an older life need not feed any more", DeadlinesHold, (stage) => {
    offered(stage);
    stage.judge.reachable?.(true, { number: 2, isAlive: true });
    stage.now += 1_000;
    stage.judge.reachable?.(false, stage.life);
    stage.judge.died?.(stage.life);
    stage.now += 2 * DAY_MS;
    stage.judge.minute?.();
  }],
  ["L4", "a message that never left, of a device that is there", Called, (stage) => {
    offered(stage);
    stage.judge.failed?.(stage.life, "append");
    stage.judge.opened?.(stage.life);
    stage.now += 1_000;
    stage.input(report({ id: "7", received: 10 }, "progress"), ok);
    stage.now += 120_000;
    stage.judge.minute?.();
  }],
  ["L4", "a message that is owed at the end", OwedDelivered, (stage) => {
    offered(stage);
    stage.judge.healed?.();
    stage.judge.ended?.();
  }],
];

for (const [invariant, what, Judge, story] of badStories) {
  Deno.test(`${Judge.name} sees ${what} (${invariant})`, () => {
    const stage = new Stage((court) => new Judge(court));
    story(stage);
    assert.match(stage.denied[0] ?? "nothing was said", new RegExp(`^${invariant}: `));
  });
}
