/** Deadlines: each passes, and none too early. */
import assert from "node:assert/strict";
import { DeadlinesHold } from "../../../../core/simulation/checks/deadlines.ts";
import { reasoned, TASK } from "../stage.ts";
import type { Stage } from "../stage.ts";
import { about, DAY_MS, offered, testEach } from "./bad_story.ts";

/** The deadline of the task passes; what comes of it is what the engine makes of it. */
const passes = (stage: Stage, state: string, due: number, odd: object = {}) => {
  assert.deepEqual(stage.denied, []);
  const fact = { state, due };
  stage.device("a", "DeadlinePassed", fact, { ...about, actor: "engine" }, odd);
};

testEach([
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
]);
