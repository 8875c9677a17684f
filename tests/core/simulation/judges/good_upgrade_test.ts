/** Of an upgrade that goes well, no judge says anything. */
import assert from "node:assert/strict";
import { Acknowledged } from "../../../../core/simulation/checks/acknowledged.ts";
import { Attributed } from "../../../../core/simulation/checks/attributed.ts";
import { BoundedRetries } from "../../../../core/simulation/checks/bounded_retries.ts";
import { Called } from "../../../../core/simulation/checks/called.ts";
import { CarriedOut } from "../../../../core/simulation/checks/carried_out.ts";
import { EngineClock } from "../../../../core/simulation/checks/clock.ts";
import { Compatible } from "../../../../core/simulation/checks/compatible.ts";
import { DeadlinesHold } from "../../../../core/simulation/checks/deadlines.ts";
import { EarnedSuccess } from "../../../../core/simulation/checks/earned_success.ts";
import { Effects } from "../../../../core/simulation/checks/effects.ts";
import { FailClosed } from "../../../../core/simulation/checks/fail_closed.ts";
import { InOrder } from "../../../../core/simulation/checks/in_order.ts";
import { Isolation } from "../../../../core/simulation/checks/isolation.ts";
import { Lifecycle } from "../../../../core/simulation/checks/lifecycle.ts";
import { LockedOut } from "../../../../core/simulation/checks/locked_out.ts";
import { NoDowngrade } from "../../../../core/simulation/checks/no_downgrade.ts";
import { Offered } from "../../../../core/simulation/checks/offered.ts";
import { OneActiveTask } from "../../../../core/simulation/checks/one_active_task.ts";
import { OneWriter } from "../../../../core/simulation/checks/one_writer.ts";
import { OwedDelivered } from "../../../../core/simulation/checks/owed_delivered.ts";
import { ReadModels } from "../../../../core/simulation/checks/read_models.ts";
import { Refusals } from "../../../../core/simulation/checks/refusals.ts";
import { Replayed } from "../../../../core/simulation/checks/replayed.ts";
import { Seldom } from "../../../../core/simulation/checks/seldom.ts";
import { TamperEvidence } from "../../../../core/simulation/checks/tamper_evidence.ts";
import { TasksEnd } from "../../../../core/simulation/checks/tasks_end.ts";
import { TerminalAbsorbs } from "../../../../core/simulation/checks/terminal.ts";
import { Told } from "../../../../core/simulation/checks/told.ts";
import { Totality } from "../../../../core/simulation/checks/totality.ts";
import { metadata, Stage, TASK } from "../stage.ts";
import { about, DAY_MS, delivered, ok, report, RIGHT } from "./bad_story.ts";
import type { MakesJudge } from "./bad_story.ts";

const judges: Readonly<Record<string, MakesJudge>> = {
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
