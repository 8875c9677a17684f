/** Stories that look odd and are not: each was denied once by a judge that was wrong. */
import assert from "node:assert/strict";
import type { Answer, Input } from "../../../core/engine/mod.ts";
import { problem } from "../../../core/mod.ts";
import { Acknowledged } from "../../../core/simulation/checks/acknowledged.ts";
import { DeadlinesHold } from "../../../core/simulation/checks/deadlines.ts";
import type { Court, Judge } from "../../../core/simulation/checks/judge.ts";
import { Effects } from "../../../core/simulation/checks/effects.ts";
import { LockedOut } from "../../../core/simulation/checks/locked_out.ts";
import { Offered } from "../../../core/simulation/checks/offered.ts";
import { Refusals } from "../../../core/simulation/checks/refusals.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { metadata, Stage, TASK } from "./stage.ts";

const HOUR_MS = 3_600_000;
const byEngine = { task: TASK, actor: "engine" };

type Story = readonly [
  what: string,
  judge: new (court: Court) => Judge,
  story: (stage: Stage) => void,
];

function progress(id: string, received: number): Input {
  const parsed = { kind: "progress", body: { id, received } } as const;
  return { kind: "report", device: "a", report: "progress", parsed, via: "http" };
}

/** Whoever has the offer, and works on nothing yet, waits for no other one. */
function offered(stage: Stage): void {
  stage.begin();
  stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
  stage.device("a", "MessageDelivered", { kind: "metadata", attempt: 1 }, { task: TASK });
}

const stories: readonly Story[] = [
  ["a task that is held after it was open for hours", Offered, (stage) => {
    stage.begin({ limits: { offered: 3 * 3_600 } });
    stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
    stage.judge.healed?.();
    stage.now += 3 * HOUR_MS;
    const due = stage.naive.tasks.get(TASK)!.since + 3 * HOUR_MS;
    stage.device("a", "DeadlinePassed", { state: "offered", due }, byEngine);
    stage.judge.minute?.();
  }],
  [
    "a report that is known again, of a commit that failed and was durable",
    Acknowledged,
    (stage) => {
      stage.begin();
      stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
      stage.device("a", "ProgressReported", { received: 100 }, { task: TASK });
      stage.input(progress("1", 101), { ok: false, problem: problem(503, "The disk failed.") });
      stage.device("a", "ProgressReported", { received: 1_000 }, { task: TASK });
      stage.input(progress("1", 101), { ok: true, messages: [] });
    },
  ],
  ["a deadline that waits, as the process stood still for a moment", DeadlinesHold, (stage) => {
    stage.begin({ limits: { offered: 3_600 } });
    stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
    stage.judge.healed?.();
    stage.now += HOUR_MS - 60_000;
    stage.judge.froze?.(8_000, stage.life);
    stage.now += 200_000;
    stage.judge.minute?.();
  }],
  ["a task that goes back into a queue whose time is over", DeadlinesHold, (stage) => {
    stage.begin({ limits: { offered: 3 * 3_600 }, expires_in: 3_600 });
    stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
    stage.now += 3 * HOUR_MS;
    const due = stage.naive.tasks.get(TASK)!.since + 3 * HOUR_MS;
    stage.device("a", "DeadlinePassed", { state: "offered", due }, byEngine);
    stage.now += 30_000;
    stage.judge.minute?.();
  }],
  ["a token that ends earlier than it was to, as another takes its place", LockedOut, (stage) => {
    stage.begin();
    const tokens = { token_sha256: "aa".repeat(32), token_sha512: ANY_SHA512 };
    for (const overlap_ms of [0, HOUR_MS, 0]) {
      stage.device("a", "TokenIssued", { ...tokens, overlap_ms }, { actor: "operator:test" });
    }
    stage.judge.disconnected?.("a", stage.life, stage.naive.tasks.get(TASK)!.since);
    stage.now += 2 * HOUR_MS;
    for (const _ of [1, 2]) {
      stage.now += 120_000;
      stage.row("engine", { type: "EngineStarted", data: { epoch: 1 } });
    }
  }],
  ["a report that is refused again, long after it was refused before", Refusals, (stage) => {
    stage.begin();
    const message = {
      kind: "rejected",
      payload: { code: "out_of_range", reason: "The image has 4096 bytes." },
    } as const;
    const isRefused: Answer = { ok: true, messages: [{ device: "a", message }] };
    const refuse = (id: string) =>
      stage.input(progress(id, -5), isRefused, () => {
        const data = { code: "out_of_range", report: "progress", left_out: 0 };
        stage.device("a", "ReportRejected", data, { task: TASK });
      });
    refuse("1");
    for (let n = 0; n < 33; n++) stage.input(progress(`later ${n}`, 1), { ok: true, messages: [] });
    refuse("1");
    refuse("2");
  }],
  ["a roll call that goes on when its broker is back, after hours", Effects, (stage) => {
    offered(stage);
    stage.judge.reachable?.(true, stage.life, true);
    stage.now += 1_000;
    stage.judge.reachable?.(false, stage.life);
    stage.now += 2 * HOUR_MS;
    stage.judge.reachable?.(true, stage.life);
    stage.send("a", "metadata", metadata);
  }],
  ["a roll call that begins while the process stands still", Effects, (stage) => {
    offered(stage);
    stage.judge.froze?.(HOUR_MS, stage.life);
    stage.judge.reachable?.(true, stage.life, true);
    stage.now += HOUR_MS;
    stage.send("a", "metadata", metadata);
  }],
];

for (const [what, Judge, story] of stories) {
  Deno.test(`${Judge.name} has nothing against ${what}`, () => {
    const stage = new Stage((court) => new Judge(court));
    story(stage);
    assert.deepEqual(stage.denied, []);
  });
}
