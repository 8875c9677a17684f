/** Stories that a judge must find something in, and what they are told with. */
import assert from "node:assert/strict";
import type { Answer, Input } from "../../../../core/engine/mod.ts";
import type { Court, Judge } from "../../../../core/simulation/checks/judge.ts";
import { IMAGE, Stage, TASK } from "../stage.ts";

/** Another task. */
export const OTHER = "OTA_20260101_002";
export const RIGHT = { checksum: `sha256:${IMAGE}` };
export const WRONG = { checksum: `sha256:${"00".repeat(32)}` };
export const about = { task: TASK };
export const ok = { ok: true, messages: [] } as const satisfies Answer;
export const DAY_MS = 86_400_000;

/** How a judge is made. */
export type MakesJudge = new (court: Court) => Judge;

/** What must be denied, what happens, who must see it. */
export type BadStory = readonly [
  invariant: string,
  what: string,
  judge: MakesJudge,
  story: (stage: Stage) => void,
];

/** A test for each story: its judge denies the invariant first. */
export function testEach(stories: readonly BadStory[]): void {
  for (const [invariant, what, Judge, story] of stories) {
    Deno.test(`${Judge.name} sees ${what} (${invariant})`, () => {
      const stage = new Stage((court) => new Judge(court));
      story(stage);
      assert.match(stage.denied[0] ?? "nothing was said", new RegExp(`^${invariant}: `));
    });
  }
}

export function report(body: object, kind = "verify"): Input {
  const parsed = { kind, body } as Extract<Input, { kind: "report" }>["parsed"];
  return { kind: "report", device: "a", report: kind, parsed, via: "http" };
}

export function delivered(message: string): Input {
  return { kind: "delivered", device: "a", task: TASK, message, attempt: 1 };
}

/** A task was queued, and the device asked for it. */
export function offered(stage: Stage, wishes: object = {}): void {
  stage.begin(wishes);
  stage.device("a", "UpdateRequested", { current_version: "1.0.0" });
}
