import assert from "node:assert/strict";
import { runReplay } from "../../../adapters/cli/mod.ts";
import type { ReplaySource } from "../../../adapters/cli/mod.ts";
import { bench, sha256 } from "../../core/support/bench_engine.ts";
import { erasedLog } from "../../core/support/erased.ts";
import { listen, order, says } from "../../core/support/stories.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
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
  assert.equal(
    await runReplay(source, { device: undefined, json: false, jobs: 1 }, () => "", paper),
    false,
  );
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

Deno.test("runReplay() shows the name of a stream, and does not obey it", async () => {
  const bytes = JSON.stringify({ stream: "\x1b[2J" });
  const cells = {
    seq: 1,
    stream: "\x1b[2J",
    version: 1,
    bytes,
    data: "{}",
    salt: "00".repeat(16),
    hash: "",
  };
  const paper = new Paper(false);
  await runReplay(
    { rows: () => [cells] },
    { device: undefined, json: false, jobs: 1 },
    sha256,
    paper,
  );
  assert.match(paper.text, /^The log is not as it was decided: row 1 \(·\[2J\), bytes\.$/m);
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
  assert.equal(
    await runReplay(source, { device: undefined, json: false, jobs: 1 }, () => "", paper),
    true,
  );
  const labels = paper.text.split("\n").slice(1, -1).map((line) => line.split("  ")[0]);
  assert.deepEqual(labels, [
    "rows decided again",
    "devices",
    "changes of a task's state",
    "id of the log",
    "hash of its last row",
  ]);
});

/** A house whose device is half-way, and a source of its log that has no read models of that time. */
async function halfWay() {
  const b = await bench();
  const task = await order(b, "2.0.0");
  await listen(b);
  await b.clock.pass(60_000);
  const { length: offered } = b.store.rows;
  await says(b, ["progress", { percent: 50 }]);
  await b.command({
    type: "registerDevice",
    device: "late",
    tokenSha256: "bb".repeat(32),
    tokenSha512: ANY_SHA512,
  });
  const source: ReplaySource = {
    rows: () => b.store.rows,
    expect: () => assert.fail("read models are those of the end"),
    firstDifference: () => assert.fail("read models are those of the end"),
  };
  const { at } = JSON.parse(b.store.rows[offered - 1]!.bytes);
  return { b, source, task, offered, at };
}

async function replay(source: ReplaySource, options: Parameters<typeof runReplay>[1]) {
  const paper = new Paper(false);
  assert.equal(await runReplay(source, options, sha256, paper), true, paper.text);
  return paper.text;
}

Deno.test("runReplay() up to a row shows a device as it was, and what led to it", async () => {
  const { source, task, offered, at } = await halfWay();
  const when = new Date(at).toISOString();
  for (const point of [{ seq: offered }, { at: at + 1 }]) {
    const options = { device: "pump-7", at: point };
    const text = await replay(source, { ...options, json: false, jobs: 1 });
    assert.match(text, /DeviceRegistered[^]*TaskQueued[^]*ContactChanged/);
    assert.doesNotMatch(text, /ProgressReported/);
    const state = [
      "device       pump-7",
      `as of        row ${offered} of ${when}`,
      "version      not known",
      `active task  ${task} to 2.0.0: offered, attempt 1 of 4, 0 of 100000 bytes`,
      "queue        empty",
      "last ended   none",
      "revoked      no",
    ];
    assert.ok(text.includes(`\n\n${state.join("\n")}\n\n`), text);
    assert.ok(text.includes(`The log is as it was decided up to row ${offered} of ${when}.\n`));
    assert.match(text, /^devices +1$/m);

    const json = JSON.parse(await replay(source, { ...options, json: true, jobs: 1 }));
    const asOf = { seq: offered, at: when };
    assert.deepEqual([json.ok, json.rows, json.as_of], [true, offered, asOf]);
    assert.deepEqual(json.device, {
      device_id: "pump-7",
      tags: [],
      active_task: task,
      queue: [],
      revoked: false,
      as_of: asOf,
    });
  }
});

Deno.test("runReplay() up to a row says of a later device that no row is about it", async () => {
  const { source, offered } = await halfWay();
  const options = { device: "late", at: { seq: offered } };
  const text = await replay(source, { ...options, json: false, jobs: 1 });
  assert.match(text, /^No row of this log up to then is about device late\.\n\nThe log is as/);
  assert.equal(JSON.parse(await replay(source, { ...options, json: true, jobs: 1 })).device, null);
  const whole = await replay(source, {
    device: undefined,
    json: true,
    at: { seq: 9_999 },
    jobs: 1,
  });
  assert.equal(JSON.parse(whole).devices, 2);
});

Deno.test("runReplay() fails when no row of the whole log is about the device", async () => {
  const { b: { store } } = await halfWay();
  const of = async (device: string, json: boolean) => {
    const paper = new Paper(false);
    const isWell = await runReplay(
      { rows: () => store.rows },
      { device, json, jobs: 1 },
      sha256,
      paper,
    );
    return [isWell, paper.text] as const;
  };
  const [isWell, text] = await of("nobody", false);
  assert.equal(isWell, false);
  assert.match(
    text,
    /^No row of this log is about device nobody\. Check its id\.\n\nThe log is as/,
  );
  const [, json] = await of("nobody", true);
  const { ok, device } = JSON.parse(json);
  assert.deepEqual([ok, device], [true, null]);
  assert.deepEqual((await of("late", true))[0], true);
});

Deno.test("runReplay() refuses a point before the log, and finds what was edited below one", async () => {
  const { b, source, offered } = await halfWay();
  const options = { device: undefined, json: false, jobs: 1 };
  await assert.rejects(
    replay(source, { ...options, at: { at: 5 } }),
    /^Error: Cannot show that: the log begins later\. Name a later point with --at\.$/,
  );
  // A cell that claims a later row does not hide what stands there.
  const rows = b.store.rows.with(3, { ...b.store.rows[3]!, seq: 9_999 });
  const paper = new Paper(false);
  const edited = { rows: () => rows };
  assert.equal(await runReplay(edited, { ...options, at: { seq: offered } }, sha256, paper), false);
  assert.match(paper.text, /^The log is not as it was decided: row 4 \(.*\), seq\.\n/);
  await replay(edited, { ...options, at: { seq: 3 } });
});

Deno.test("runReplay() up to a row takes what was erased since, and nothing that only lost its text", async () => {
  const { rows } = await erasedLog();
  const erased = rows.find(({ data, personal }) => personal === null && data.includes("personal"))!;
  const options = { device: undefined, json: true, at: { seq: erased.seq }, jobs: 1 };
  const json = JSON.parse(await replay({ rows: () => rows }, options));
  assert.deepEqual([json.ok, json.rows], [true, erased.seq]);
  const paper = new Paper(false);
  const untold = rows.slice(0, erased.seq + 1);
  assert.equal(await runReplay({ rows: () => untold }, options, sha256, paper), false);
  assert.match(JSON.parse(paper.text).finding.what, /^personal$/);
});
