/** What comes again: reports, packets and messages. */
import assert from "node:assert/strict";
import { addFirmware, bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER } from "./support/given.ts";

const DAY = 86_400_000;

async function offered(more = {}): Promise<Bench> {
  const b = await bench();
  await b.upgrade("pump-7", more);
  await b.report("pump-7", "request", {});
  return b;
}

const kinds = async (answer: Promise<readonly { kind: string }[]>) =>
  (await answer).map(({ kind }) => kind);

Deno.test("Engine: a packet that is sent again spends no attempt, not even after a restart", async () => {
  const b = await offered();
  const packet = { key: "5f2a", isRepeat: false };
  const wrong = { checksum: OTHER };
  assert.deepEqual(await kinds(b.report("pump-7", "verify", wrong, packet)), ["retry"]);
  const rows = b.store.rows.length;
  const again = { ...packet, isRepeat: true };
  assert.deepEqual(await kinds(b.report("pump-7", "verify", wrong, again)), ["retry"]);
  await b.restart();
  assert.deepEqual(await kinds(b.report("pump-7", "verify", wrong, again)), ["retry"]);
  assert.equal(b.store.rows.length, rows + 1, "EngineStarted alone");
  // A packet id is used again some day: without the mark of a repeat it is a new report.
  await b.report("pump-7", "verify", wrong, packet);
  assert.equal([...b.store.tasks.values()][0]?.attempt, 3);
});

Deno.test("Engine: a repeat from before the end is answered with the end", async () => {
  const b = await offered();
  await b.report("pump-7", "verify", { checksum: OTHER, id: "x" });
  await b.report("pump-7", "verify", { checksum: IMAGE });
  assert.deepEqual(await kinds(b.report("pump-7", "verify", { checksum: OTHER, id: "x" })), [
    "success",
  ]);
});

Deno.test("Engine: a report of an earlier attempt wakes no task that waits for its turn", async () => {
  const b = await offered();
  await b.report("pump-7", "verify", { checksum: OTHER });
  await b.report("pump-7", "progress", { received: 100 });
  await b.clock.pass(8 * DAY);
  assert.equal([...b.store.tasks.values()][0]?.state, "held");
  const [answer] = await b.report("pump-7", "progress", {
    task_id: [...b.store.tasks.keys()][0],
    attempt: 1,
    received: 5,
  });
  assert.ok(answer?.kind === "rejected" && answer.payload.code === "wrong_phase");
});

Deno.test("Engine: a request is answered with what is owed, and with the metadata", async () => {
  const b = await offered({ completion: "booted" });
  await b.report("pump-7", "verify", { checksum: OTHER, bad_chunks: [0] });
  assert.deepEqual(await kinds(b.report("pump-7", "request", {})), ["retry", "metadata"]);
  await b.report("pump-7", "verify", { checksum: IMAGE });
  assert.deepEqual(await kinds(b.report("pump-7", "request", {})), ["verified", "metadata"]);
});

Deno.test("Engine: what lapses makes no fact of a report or command that is refused", async () => {
  const b = await offered();
  await b.report("pump-7", "verify", { checksum: IMAGE });
  await addFirmware(b, "3.0.0", "11".repeat(32));
  const limits = { installing: 30 * 86_400 };
  const next = { firmware_version: "3.0.0", checksum: `sha256:${"11".repeat(32)}`, limits };
  await b.upgrade("pump-7", { ...next, completion: "booted" });
  await b.report("pump-7", "request", {});
  await b.report("pump-7", "verify", { checksum: next.checksum });
  await b.report("pump-7", "status", { status: "installing" });
  assert.ok(b.store.devices.get("pump-7")!.owed.length > 0);
  await b.clock.pass(8 * DAY);
  const rows = b.store.rows.length;
  const task = [...b.store.tasks.values()].at(-1)!.id;
  const cancelled = await b.command({ type: "cancelTask", task });
  assert.equal(cancelled.ok || cancelled.problem.status, 409);
  assert.equal(b.store.rows.length, rows);
});

Deno.test("Engine: one message for a task that is offered and done in the same step", async () => {
  const b = await bench();
  await b.upgrade("pump-7", { completion: "seen" });
  await b.report("pump-7", "request", { current_version: "2.0.0" });
  const { outcome } = JSON.parse(b.store.rows.at(-1)!.bytes);
  assert.deepEqual(outcome.effects.map(({ type }: { type: string }) => type), ["sendSuccess"]);
});

Deno.test("Engine: the chunk size a device wished for holds for the next task, where it can", async () => {
  const b = await bench();
  await b.report("pump-7", "request", { chunk_bytes: 4_096 });
  await b.upgrade("pump-7");
  const [metadata] = await b.report("pump-7", "request", {});
  assert.ok(metadata?.kind === "metadata" && metadata.payload.chunk_bytes === 4_096);
});

Deno.test("Engine: a device runs the version it booted, whatever became of the task", async () => {
  const b = await offered({ completion: "booted" });
  await b.report("pump-7", "verify", { checksum: IMAGE });
  await b.report("pump-7", "status", { status: "booted", version: "1.5.0" });
  assert.equal([...b.store.tasks.values()][0]?.state, "rolled_back");
  assert.equal(b.store.devices.get("pump-7")?.version, "1.5.0");
});
