import assert from "node:assert/strict";
import { runReplay } from "../../../adapters/cli/mod.ts";
import type { ReplaySource } from "../../../adapters/cli/mod.ts";
import { Paper } from "./paper.ts";

/** What is said of a log without rows whose read models differ as given. */
async function said(expected: string, found: string): Promise<string[]> {
  const source: ReplaySource = {
    count: 0,
    rows: () => [],
    expect: () => {},
    firstDifference: () => ({ table: "tasks", key: "7", column: "task", expected, found }),
  };
  const paper = new Paper(false);
  assert.equal(await runReplay(source, { device: undefined, json: false }, () => "", paper), false);
  return paper.text.split("\n").slice(1, -1);
}

Deno.test("runReplay() shows both texts around their first difference, one below the other", async () => {
  const [before, after] = ["b".repeat(500), "a".repeat(500)];
  assert.deepEqual(await said(`${before}X${after}`, `${before}Y${after}`), [
    `expected  …${"b".repeat(32)}X${"a".repeat(63)}…`,
    `found     …${"b".repeat(32)}Y${"a".repeat(63)}…`,
    `${" ".repeat(10 + 33)}^`,
  ]);
});

Deno.test("runReplay() shows short texts whole, and where one ends", async () => {
  assert.deepEqual(await said("queued", "failed"), [
    "expected  queued",
    "found     failed",
    `${" ".repeat(10)}^`,
  ]);
  assert.deepEqual(await said("abc", "ab"), [
    "expected  abc",
    "found     ab",
    `${" ".repeat(12)}^`,
  ]);
});

Deno.test("runReplay() says what its figures are", async () => {
  const source = { count: 0, rows: () => [], expect: () => {}, firstDifference: () => undefined };
  const paper = new Paper(false);
  assert.equal(await runReplay(source, { device: undefined, json: false }, () => "", paper), true);
  const labels = paper.text.split("\n").slice(1, -1).map((line) => line.split("  ")[0]);
  assert.deepEqual(labels, [
    "rows decided again",
    "devices",
    "changes of a task's state",
    "id of the log",
    "hash of its last row",
  ]);
});
