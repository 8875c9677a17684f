/** What comes again counts once (PROTOCOL §1, "Repeats"), and what comes too late counts nothing. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER } from "./support/given.ts";
import { assertReplays, at, imageOf, kinds, order, PUMP, says } from "./support/stories.ts";
import { taskOf } from "./support/stories.ts";
import type { Said } from "./support/stories.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

const right = { checksum: IMAGE };
const wrong = { checksum: OTHER };

async function offered(more = {}): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  const id = await order(b, "2.0.0", more);
  await says(b, ["request", {}]);
  return { b, id };
}

/** One of many facts; no two of them alike. */
function fact(n: number, more = {}): Said {
  return ["progress", { ...more, received: n % 2 === 0 ? 90_000 - n : 10_000 + n }];
}

Deno.test("Engine: an id is known among the last 32 that the device gave, and the 33rd is not", async () => {
  const { b, id } = await offered();
  const first = await says(b, ["verify", { ...wrong, id: "x" }]);
  for (let n = 1; n <= 31; n++) await says(b, fact(n, { id: `r${n}` }));
  const rows = b.store.rows.length;
  assert.equal(kinds(await says(b, ["verify", { ...wrong, id: "x" }])), kinds(first));
  assert.deepEqual([at(b, id), b.store.rows.length], ["downloading #2", rows]);
  await says(b, fact(32, { id: "r32" }));
  await says(b, ["verify", { ...wrong, id: "x" }]);
  assert.equal(at(b, id), "retrying #3 wrong_digest");
});

Deno.test("Engine: reports without an id push no id out, nor do ids push out packets", async () => {
  const { b, id } = await offered();
  const packet = (key: string, isRepeat = false) => ({ key, isRepeat });
  await b.report(PUMP, "verify", { ...wrong, id: "x" });
  for (let n = 1; n <= 40; n++) await b.report(PUMP, ...fact(n), packet(`p${n}`));
  assert.equal(kinds(await b.report(PUMP, "verify", { ...wrong, id: "x" })), "retry");
  assert.equal(at(b, id), "downloading #2");
  await b.report(PUMP, "verify", wrong, packet("y"));
  for (let n = 1; n <= 40; n++) await b.report(PUMP, ...fact(n, { id: `r${n}` }));
  assert.equal(kinds(await b.report(PUMP, "verify", wrong, packet("y", true))), "retry");
  assert.equal(at(b, id), "downloading #3");
});

Deno.test("Engine: progress too small for a fact is known again by its id, too", async () => {
  const { b, id } = await offered();
  await says(b, ["progress", { received: 40_000 }]);
  await says(b, ["progress", { received: 41_000, id: "small" }], ["progress", {
    received: 80_000,
  }]);
  const rows = b.store.rows.length;
  await says(b, ["progress", { received: 41_000, id: "small" }]);
  assert.deepEqual([taskOf(b, id).received, b.store.rows.length], [80_000, rows]);
});

Deno.test("Engine: a refused report that comes again is refused again, though it would fit now", async () => {
  const b = await bench();
  const early: Said = ["verify", { ...wrong, id: "early" }];
  assert.equal(kinds(await says(b, early)), "no_task");
  const id = await order(b, "2.0.0");
  await says(b, ["request", {}]);
  assert.equal(kinds(await says(b, early)), "no_task");
  assert.equal(at(b, id), "offered #1");
  assert.equal(kinds(await says(b, ["verify", { ...wrong, id: "late" }])), "retry");
});

/** Reports that come again, each with its id, where they are taken, and how they are answered. */
const again: readonly [name: string, way: readonly Said[], said: Said, told: string][] = [
  ["a request", [], ["request", { current_version: "1.0.0" }], "metadata"],
  ["progress", [], ["progress", { received: 50_000 }], ""],
  ["a wrong digest", [], ["verify", wrong], "retry"],
  ["bad chunks", [], ["verify", { ...wrong, bad_chunks: [0] }], "retry"],
  ["the right digest", [], ["verify", right], "verified"],
  ["a failure", [], ["status", { status: "failed" }], "retry"],
  ["a deferral", [], ["status", { status: "deferred" }], ""],
  ["a refusal of the offer", [], ["status", { status: "rejected" }], "failed"],
  ["an installation", [["verify", right]], ["status", { status: "installing" }], ""],
  ["a boot", [["verify", right]], ["status", { status: "booted", version: "2.0.0" }], "success"],
];

for (const [name, way, [kind, payload], told] of again) {
  Deno.test(`Engine: ${name} that comes again, at once or after a restart, is one fact`, async () => {
    const { b, id } = await offered({ completion: "booted" });
    await says(b, ...way);
    const before = b.store.rows.length;
    const named = { ...payload as object, id: "r" };
    const same = await Promise.all(Array.from({ length: 5 }, () => b.report(PUMP, kind, named)));
    assert.deepEqual(same.map(kinds), Array(5).fill(told));
    const task = taskOf(b, id);
    assert.equal(b.store.rows.length, before + 1);
    await b.restart();
    assert.equal(kinds(await b.report(PUMP, kind, named)), told);
    assert.equal(b.store.rows.length, before + 2, "EngineStarted alone");
    assert.equal(taskOf(b, id), task);
    assertReplays(b);
  });
}

Deno.test("Engine: an older attempt adds no fact, whatever the report says", async () => {
  const { b, id } = await offered();
  await says(b, ["verify", wrong], ["progress", { received: 40_000 }]);
  const [rows, task] = [b.store.rows.length, taskOf(b, id)];
  const old: readonly Said[] = [
    ["progress", { attempt: 1, received: 90_000 }],
    ["verify", { attempt: 1, ...wrong }],
    ["verify", { attempt: 1, ...right }],
    ["status", { attempt: 1, status: "failed" }],
    ["status", { attempt: 1, status: "rejected" }],
  ];
  for (const said of old) assert.equal(kinds(await says(b, said)), "retry", JSON.stringify(said));
  assert.deepEqual([b.store.rows.length, taskOf(b, id)], [rows, task]);
  assert.equal(kinds(await says(b, ["verify", { attempt: 3, ...right }])), "out_of_range");
  assert.equal(kinds(await says(b, ["verify", { attempt: 2, ...right }])), "success");
});

Deno.test("Engine: a packet with DUP counts once, and one that was never taken counts", async () => {
  const { b, id } = await offered();
  const dup = (key: string) => ({ key, isRepeat: true });
  assert.equal(kinds(await b.report(PUMP, "verify", wrong, dup("a"))), "retry");
  assert.equal(kinds(await b.report(PUMP, "verify", wrong, dup("a"))), "retry");
  assert.equal(at(b, id), "retrying #2 wrong_digest");
  await b.report(PUMP, "verify", wrong, dup("b"));
  assert.equal(at(b, id), "retrying #3 wrong_digest");
});

Deno.test("Engine: an id is the device's own: the same from another device is another report", async () => {
  const { b, id } = await offered();
  await b.command({
    type: "registerDevice",
    device: "pump-8",
    tokenSha256: "bb".repeat(32),
    tokenSha512: ANY_SHA512,
  });
  await b.upgrade("pump-8");
  await b.report("pump-8", "request", {});
  await b.report("pump-8", "verify", { ...wrong, id: "r" });
  await says(b, ["verify", { ...wrong, id: "r" }]);
  assert.equal(at(b, id), "retrying #2 wrong_digest");
});

Deno.test("Engine: the right digest of a task that succeeded is answered success for ever", async () => {
  const { b, id } = await offered();
  await says(b, ["verify", right]);
  const rows = b.store.rows.length;
  for (const named of [{}, { task_id: id }, { id: "new" }, { attempt: 1, task_id: id }]) {
    const [success] = await says(b, ["verify", { ...right, ...named }]);
    assert.deepEqual(success, { kind: "success", payload: { task_id: id, version: "2.0.0" } });
  }
  assert.equal(b.store.rows.length, rows);
  await b.restart();
  await order(b, "2.1.0");
  await says(b, ["request", {}]);
  assert.equal(kinds(await says(b, ["verify", { ...right, task_id: id }])), "success");
  assert.equal(kinds(await says(b, ["verify", right])), "wrong_task");
});

Deno.test("Engine: a digest without a task id that is another task's spends nothing", async () => {
  const { b, id } = await offered();
  await order(b, "2.1.0");
  const before = taskOf(b, id);
  const [answer] = await says(b, ["verify", { checksum: imageOf("2.1.0") }]);
  assert.ok(answer?.kind === "rejected");
  const { code, task_id, state } = answer.payload;
  assert.deepEqual([code, task_id, state], ["wrong_task", id, "offered"]);
  assert.equal(taskOf(b, id), before);
  await says(b, ["verify", { checksum: OTHER }]);
  assert.equal(at(b, id), "retrying #2 wrong_digest", "a digest of nothing is a wrong one");
});

/** Ways in which a task ends, and how its state is named to a device that comes too late. */
const ends: readonly [state: string, way: readonly Said[]][] = [
  ["succeeded", [["verify", right]]],
  ["failed", Array.from({ length: 4 }, () => ["verify", wrong] as const)],
  ["rejected", [["status", { status: "rejected" }]]],
  ["superseded", [["request", { current_version: "9.0.0" }]]],
];

for (const [state, way] of ends) {
  Deno.test(`Engine: late reports about a task that ended ${state} are refused and change nothing`, async () => {
    const { b, id } = await offered();
    await says(b, ...way);
    const device = () => ({ ...b.store.devices.get(PUMP), rejectedAt: 0, pacedUntil: 0 });
    const before = device();
    const late: readonly Said[] = [
      ["progress", { received: 1 }],
      ["verify", wrong],
      ["status", { status: "installing" }],
      ["status", { status: "booted", version: "7.0.0" }],
    ];
    for (const [kind, payload] of late) {
      const [answer] = await says(b, [kind, { ...payload as object, task_id: id }]);
      assert.ok(answer?.kind === "rejected", JSON.stringify(answer));
      const { code, state: named } = answer.payload;
      assert.deepEqual([code, named], ["ended", state]);
      assert.equal(kinds(await says(b, [kind, payload])), "no_task");
    }
    assert.deepEqual(device(), before);
  });
}

Deno.test("Engine: what is malformed or about nothing spends nothing, and is answered", async () => {
  const { b, id } = await offered();
  const before = taskOf(b, id);
  const refused: readonly [Said, string][] = [
    [["verify", "{"], "malformed"],
    [["verify", { checksum: "5a" }], "malformed"],
    [["verify", { ...wrong, id: "x".repeat(65) }], "malformed"],
    [["status", { status: "dancing" }], "malformed"],
    [["progress", {}], "malformed"],
    [["verify", `{"checksum":"${OTHER}"${" ".repeat(65_536)}}`], "too_large"],
    [["verify", { ...wrong, task_id: "OTA_20200101_001" }], "unknown_task"],
    [["verify", { ...wrong, bad_chunks: [400] }], "out_of_range"],
    [["status", { status: "rebooting" }], "wrong_phase"],
  ];
  for (const [said, code] of refused) assert.equal(kinds(await says(b, said)), code);
  assert.equal(taskOf(b, id), before);
  assert.equal(kinds(await says(b, ["request", ""])), "metadata", "an empty request counts as {}");
});
