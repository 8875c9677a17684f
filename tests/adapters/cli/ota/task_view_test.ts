import assert from "node:assert/strict";
import { TaskView } from "../../../../adapters/cli/ota/task_view.ts";
import { Paper } from "../paper.ts";

const id = "OTA_20230801_001";
const time = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
const task = {
  task_id: id,
  device_id: "pump-7",
  version: "2.0.0",
  state: "queued",
  attempt: 1,
  max_attempts: 4,
  completion: "booted",
  received: 0,
  fetched: 0,
  size: 1_000,
  updated_at: time(0),
};
const move = (ms: number, from: string, to: string, attempt = 1, more = {}) => ({
  at: time(ms),
  type: "StatusReported",
  data: {},
  outcome: { moves: [{ task: id, from, to, attempt, ...more }] },
});
const progress = (ms: number, received: number) => ({
  at: time(ms),
  type: "ProgressReported",
  task: id,
  data: { received },
  outcome: { moves: [] },
});

/** What is shown of each state, without the bar. */
function shown(paper: Paper): string[] {
  return paper.text.trimEnd().split("\n").map((line) => line.replace(/^.*[█░] */, ""));
}

Deno.test("on a pipe a task has one line for each change, and none for progress alone", () => {
  const paper = new Paper(false);
  const view = new TaskView(paper, 1);
  view.begin(task);
  view.take(move(1, "queued", "offered"));
  view.take(move(2, "offered", "downloading"));
  view.take(progress(3, 455));
  view.take(move(4, "downloading", "retrying", 2, { reason: "bad_chunks" }));
  view.take({ ...move(4, "a", "b"), outcome: { moves: [{ task: "OTA_20230801_002", to: "b" }] } });
  assert.equal(view.isOver, false);
  view.take(move(5, "retrying", "succeeded", 2));
  assert.deepEqual(shown(paper), [
    "0 % stored  queued",
    "0 % stored  offered",
    "0 % stored  downloading",
    "45 % stored  retrying (bad_chunks)  attempt 2 of 4",
    "100 % stored  succeeded  attempt 2 of 4",
  ]);
  assert.deepEqual([view.isOver, view.isWell], [true, true]);
});

Deno.test("of a device that says nothing of it, what it was given is shown", () => {
  const paper = new Paper(false);
  const view = new TaskView(paper, 1);
  const checked = { ...move(2, "offered", "downloading"), data: { fetch_only: true } };
  view.begin(task);
  assert.deepEqual([view.silent, view.silentIn(move(1, "queued", "offered"))], [[], []]);
  assert.deepEqual(view.silentIn(checked), [id]);
  view.tell(id, { completion: "seen", fetched: 0 });
  view.take(checked);
  assert.deepEqual([view.silent, view.silentIn(move(3, "downloading", "paused"))], [[id], [id]]);
  view.tell(id, { completion: "seen", fetched: 434 });
  view.take(move(3, "downloading", "paused"));
  view.take(move(4, "paused", "succeeded"));
  assert.deepEqual(shown(paper), [
    "0 % stored  queued",
    "0 % given   downloading",
    "43 % given   paused",
    "100 % stored  succeeded",
  ]);
});

Deno.test("on a terminal the line of a task is redrawn with its progress", () => {
  const paper = new Paper(true, false);
  const view = new TaskView(paper, 1);
  view.begin(task);
  view.take(progress(3, 455));
  const frames = paper.text.replace(/\S*\?7[hl]/g, "").split("\x1b[1A");
  assert.deepEqual(frames.map((frame) => shown({ ...paper, text: frame } as Paper)), [
    ["0 % stored  queued"],
    ["45 % stored  queued"],
  ]);
});

Deno.test("what was decided before a task was asked for does not take it back", () => {
  const paper = new Paper(false);
  const view = new TaskView(paper, 1);
  view.begin({ ...task, state: "downloading", received: 700, updated_at: time(9) });
  for (const row of [move(7, "queued", "offered"), progress(8, 500)]) view.take(row);
  view.take(move(9, "offered", "downloading"));
  assert.deepEqual(shown(paper), ["70 % stored  downloading"]);
  assert.deepEqual(view.take(move(9, "offered", "downloading")), [], "it is no news");
  view.take(move(10, "downloading", "failed"));
  assert.deepEqual([view.isOver, view.isWell], [true, false]);
});

Deno.test("a task that has ended stays ended, whatever came in the same instant", () => {
  const view = new TaskView(new Paper(false), 1);
  view.begin({ ...task, state: "succeeded", updated_at: time(9) });
  assert.deepEqual(view.take(move(9, "downloading", "verifying")), []);
  assert.equal(view.isWell, true);
});

Deno.test("more tasks than a terminal has lines are said one by one", () => {
  const paper = new Paper(true, false);
  new TaskView(paper, 100).begin(task);
  assert.deepEqual(shown(paper), ["0 % stored  queued"]);
  assert.ok(!paper.text.includes("\x1b"));
});
