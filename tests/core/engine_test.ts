import assert from "node:assert/strict";
import { addFirmware, bench, settle } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER, SIZE } from "./support/given.ts";
import { assertReplays } from "./support/stories.ts";

function types(b: Bench): string[] {
  return b.store.rows.map((row) => JSON.parse(row.bytes).type);
}

function stateOf(b: Bench): string | undefined {
  return [...b.store.tasks.values()].at(-1)?.state;
}

function listen(b: Bench, device = "pump-7"): void {
  b.engine.connected(device, "c1");
  b.engine.listening(device, "c1", true);
}

Deno.test("Engine.submit() carries one upgrade from the order to success", async () => {
  const b = await bench();
  const answer = await b.upgrade("pump-7");
  assert.deepEqual(answer, {
    ok: true,
    messages: [],
    result: { type: "task", task: "OTA_20231114_001" },
  });
  assert.equal(stateOf(b), "queued");
  const [metadata] = await b.report("pump-7", "request", { current_version: "1.0.0" });
  assert.equal(metadata?.kind, "metadata");
  await b.report("pump-7", "progress", { received: SIZE / 2 });
  assert.equal(stateOf(b), "downloading");
  await b.report("pump-7", "progress", "100%");
  assert.equal(stateOf(b), "verifying");
  const [success] = await b.report("pump-7", "verify", { checksum: IMAGE });
  assert.deepEqual(success, {
    kind: "success",
    payload: { task_id: "OTA_20231114_001", version: "2.0.0" },
  });
  assert.deepEqual(types(b).slice(-5), [
    "TaskQueued",
    "UpdateRequested",
    "ProgressReported",
    "ProgressReported",
    "DigestReported",
  ]);
  assertReplays(b);
});

Deno.test("Engine.submit() answers nothing before the append is durable", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  let answered = false;
  b.store.onAppend = () => assert.equal(answered || b.sent.length > 0, false);
  await b.report("pump-7", "request", {}).then(() => answered = true);
  assert.equal(answered, true);
});

Deno.test("Engine.submit() takes what waits in one append", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  await b.report("pump-7", "request", {});
  const before = b.store.appends;
  await Promise.all(
    Array.from(
      { length: 10 },
      (_, i) => b.report("pump-7", "progress", { received: (i + 1) * SIZE / 10 }),
    ),
  );
  assert.equal(b.store.appends, before + 1);
  assert.equal(stateOf(b), "verifying");
});

Deno.test("Engine.submit() refuses what a store that fails could not keep, then recovers", async () => {
  for (const fail of ["before", "after"] as const) {
    const b = await bench();
    b.store.failNext = fail;
    const lost = await b.upgrade("pump-7");
    assert.equal(lost.ok || lost.problem.status, 503);
    const again = await b.upgrade("pump-7");
    assert.equal(again.ok || again.problem.status, fail === "before" ? true : 409);
    assert.equal(b.store.opens, 2);
    assertReplays(b);
  }
});

Deno.test("Engine.listening() offers the next task to a device that listens", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  listen(b);
  await settle();
  assert.deepEqual(b.heard(), ["metadata"]);
  await b.report("pump-7", "verify", { checksum: IMAGE });
  assert.deepEqual(b.heard(), ["success"]);
  await addFirmware(b, "3.0.0", "11".repeat(32));
  await b.upgrade("pump-7", { firmware_version: "3.0.0", checksum: `sha256:${"11".repeat(32)}` });
  assert.deepEqual(b.heard(), ["metadata"]);
  assertReplays(b);
});

Deno.test("Engine: a device that listens gets its next task when the last one has ended", async () => {
  const b = await bench();
  listen(b);
  await addFirmware(b, "3.0.0", "11".repeat(32));
  await b.upgrade("pump-7");
  await b.upgrade("pump-7", { firmware_version: "3.0.0", checksum: `sha256:${"11".repeat(32)}` });
  b.heard();
  await b.report("pump-7", "verify", { checksum: IMAGE });
  assert.deepEqual(b.heard(), ["success", "metadata"]);
  const [verify, contact] = b.store.rows.slice(-2).map(({ bytes }) => JSON.parse(bytes));
  assert.deepEqual([contact.type, contact.cause], ["ContactChanged", verify.seq]);
  assertReplays(b);
});

Deno.test("Engine: never two active tasks; security before normal before low, then first come", async () => {
  const b = await bench();
  const wanted = [["1.1", "low"], ["1.2", "normal"], ["1.3", "security"], ["1.4", "security"]];
  for (const [index, [version, priority]] of wanted.entries()) {
    const hex = String(index + 20).repeat(32);
    await addFirmware(b, version!, hex);
    await b.upgrade("pump-7", { firmware_version: version, checksum: `sha256:${hex}`, priority });
  }
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const [metadata] = await b.report("pump-7", "request", {});
    assert.ok(metadata?.kind === "metadata");
    order.push(metadata.payload.version);
    await b.report("pump-7", "verify", { checksum: metadata.payload.checksum });
  }
  assert.deepEqual(order, ["1.3", "1.4", "1.2", "1.1"]);
  const active = new Set<string>();
  const resting = ["queued", "held", "succeeded"];
  for (const row of b.store.rows) {
    for (const { task, to } of JSON.parse(row.bytes).outcome.moves) {
      if (resting.includes(to)) active.delete(task);
      else active.add(task);
      assert.ok(active.size <= 1);
    }
  }
  assertReplays(b);
});

Deno.test("Engine: owed messages are sent again until the device has them", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  listen(b);
  await settle();
  assert.deepEqual(b.heard(), ["metadata"]);
  b.engine.listening("pump-7", "c1", true);
  await settle();
  assert.deepEqual(b.heard(), ["metadata"]);
  const { task, kind, attempt } = b.store.devices.get("pump-7")!.owed[0]!;
  const delivered = { kind: "delivered", device: "pump-7", task, message: kind, attempt } as const;
  await b.engine.submit({ ...delivered, attempt: 7 });
  await b.engine.submit(delivered);
  b.engine.listening("pump-7", "c1", true);
  await settle();
  assert.deepEqual(b.heard(), []);
  assert.equal(types(b).filter((type) => type === "MessageDelivered").length, 1);
});

Deno.test("Engine: a device that is away for 30 s is paused and goes on where it was", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  listen(b);
  await settle();
  await b.report("pump-7", "progress", { received: 50_000 });
  b.engine.disconnected("pump-7", "c1");
  await b.clock.pass(29_999);
  assert.equal(stateOf(b), "downloading");
  await b.clock.pass(2);
  assert.equal(stateOf(b), "paused");
  listen(b);
  await settle();
  assert.equal(stateOf(b), "downloading");
  assertReplays(b);
});

Deno.test("Engine: three retries, then failed; late reports change nothing", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  await b.report("pump-7", "request", {});
  const answers: string[] = [];
  for (let attempt = 1; attempt <= 5; attempt++) {
    const messages = await b.report("pump-7", "verify", {
      task_id: "OTA_20231114_001",
      checksum: OTHER,
    });
    answers.push(messages.map((m) => `${m.kind} ${JSON.stringify(m.payload)}`).join());
  }
  assert.deepEqual(answers.map((a) => a.split(" ")[0]), [
    "retry",
    "retry",
    "retry",
    "failed",
    "rejected",
  ]);
  assert.match(answers[0]!, /"attempt":2,"max_attempts":4,"reason":"wrong_digest","resume_from":0/);
  assert.match(answers[4]!, /"code":"ended"/);
  assert.equal(stateOf(b), "failed");
  assertReplays(b);
});

Deno.test("Engine: a report with an id or an older attempt that comes again adds no fact", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  await b.report("pump-7", "request", {});
  const first = await b.report("pump-7", "verify", { id: "r1", attempt: 1, checksum: OTHER });
  const rows = b.store.rows.length;
  for (const again of [{ id: "r1", attempt: 1 }, { id: "r2", attempt: 1 }]) {
    assert.deepEqual(await b.report("pump-7", "verify", { ...again, checksum: OTHER }), first);
  }
  assert.equal(b.store.rows.length, rows);
});

Deno.test("Engine: refusals are answered each, recorded once in ten seconds with their number", async () => {
  const b = await bench();
  for (let i = 0; i < 5; i++) {
    const [answer] = await b.report("pump-7", "verify", "{");
    assert.ok(answer?.kind === "rejected" && answer.payload.code === "malformed");
  }
  await b.clock.pass(10_000);
  await b.report("pump-7", "progress", { received: 1 });
  const rejected = b.store.rows.filter((row) => JSON.parse(row.bytes).type === "ReportRejected");
  assert.deepEqual(rejected.map((row) => JSON.parse(row.data)), [
    { code: "malformed", left_out: 0, report: "verify" },
    { code: "no_task", left_out: 4, report: "progress" },
  ]);
});

Deno.test("Engine: due deadlines fire after a restart, and only after five reachable minutes", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  listen(b);
  await settle();
  await b.report("pump-7", "progress", { received: 50_000 });
  // The engine is away for a day: a silence of its own.
  b.clock.skew += 86_400_000;
  await b.restart();
  b.engine.connected("pump-7", "c2");
  await b.clock.pass(299_000);
  assert.equal(stateOf(b), "downloading");
  await b.clock.pass(2_000);
  assert.equal(stateOf(b), "retrying");
  assertReplays(b);
});

Deno.test("Engine: a wall clock that steps back by days changes no deadline and no order", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  const before = b.engine.now();
  b.clock.skew -= 3 * 86_400_000;
  await b.report("pump-7", "request", {});
  assert.ok(b.engine.now() >= before);
  const stepped = b.store.rows.find((row) => JSON.parse(row.bytes).type === "ClockStepped");
  assert.deepEqual(JSON.parse(stepped!.data), { by_ms: -3 * 86_400_000 });
  assertReplays(b);
});

Deno.test("Engine: commands are refused in words, and nothing changes", async () => {
  const b = await bench();
  const rows = b.store.rows.length;
  const refused = async (answer: Promise<Awaited<ReturnType<typeof b.upgrade>>>) => {
    const given = await answer;
    return given.ok ? "taken" : `${given.problem.status} ${given.problem.detail}`;
  };
  assert.match(await refused(b.upgrade("nobody")), /^404 There is no device nobody/);
  assert.match(await refused(b.upgrade("pump-7", { firmware_version: "9" })), /^404 There is no/);
  assert.match(await refused(b.upgrade("pump-7", { checksum: OTHER })), /^409 Firmware 2.0.0 has/);
  assert.match(await refused(addFirmware(b, "2.0.0", "33".repeat(32))), /^409 Version 2.0.0/);
  assert.match(
    await refused(b.command({ type: "cancelTask", task: "OTA_20230801_001" })),
    /^404 There is no task/,
  );
  assert.equal(b.store.rows.length, rows);
  await b.upgrade("pump-7");
  assert.match(await refused(b.upgrade("pump-7")), /^409 OTA_20231114_001 brings this image/);
});

Deno.test("Engine: a machine that slept spends no attempt; its five minutes begin when it woke", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  listen(b);
  await settle();
  await b.report("pump-7", "progress", { received: 50_000 });
  await b.clock.pass(600_000);
  // Eight hours pass on the wall, none on the monotonic clock.
  b.clock.skew += 8 * 3_600_000;
  await b.report("pump-7", "request", {});
  assert.ok(types(b).includes("ClockStepped"));
  await b.clock.pass(299_000);
  assert.equal(stateOf(b), "downloading");
  await b.clock.pass(2_000);
  assert.equal(stateOf(b), "retrying");
  assertReplays(b);
});

Deno.test("Engine: numbers beyond the image are out of range, however they are written", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  await b.report("pump-7", "request", {});
  for (const said of ["1e999", "-5%", "1000%", '{"received":1e999}', `{"received":${SIZE + 1}}`]) {
    const [answer] = await b.report("pump-7", "progress", said);
    assert.ok(answer?.kind === "rejected" && answer.payload.code === "out_of_range", said);
  }
  const [answer] = await b.report("pump-7", "request", '{"chunk_bytes":1e999}');
  assert.ok(answer?.kind === "rejected" && answer.payload.code === "out_of_range");
});

Deno.test("Engine: more bad chunks than are kept apart count as a wrong digest", async () => {
  const b = await bench();
  await addFirmware(b, "3.0.0", "11".repeat(32), 1_048_576);
  const big = { firmware_version: "3.0.0", checksum: `sha256:${"11".repeat(32)}` };
  await b.upgrade("pump-7", big);
  await b.report("pump-7", "request", { chunk_bytes: 256 });
  const bad_chunks = Array.from({ length: 1_025 }, (_, n) => n);
  const [retry] = await b.report("pump-7", "verify", { checksum: OTHER, bad_chunks });
  assert.ok(retry?.kind === "retry" && retry.payload.reason === "wrong_digest");
  assert.equal(retry.payload.resume_from, 0);
});

Deno.test("Engine: a request that comes again with its id is answered as a request", async () => {
  const b = await bench();
  await b.upgrade("pump-7");
  const first = await b.report("pump-7", "request", { id: "r1", current_version: "1.0.0" });
  const rows = b.store.rows.length;
  assert.deepEqual(await b.report("pump-7", "request", { id: "r1" }), first);
  assert.equal(b.store.rows.length, rows);
});
