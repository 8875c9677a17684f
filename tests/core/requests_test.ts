/** Requests without a task, the pace of reports, and tokens (PROTOCOL §1 and §3). */
import assert from "node:assert/strict";
import { addFirmware, bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER, SIZE } from "./support/given.ts";
import { assertReplays, at, imageOf, kinds, listen, order, PUMP } from "./support/stories.ts";
import { rowsOf, says, taskOf } from "./support/stories.ts";
import type { Said } from "./support/stories.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const VALVE = "valve-1";

/** A device of product `valve`, and images 2.x for it, for another product and for none. */
async function valves(options = {}): Promise<Bench> {
  const b = await bench(options);
  const device = { device: VALVE, product: "valve", tokenSha256: "cc".repeat(32) };
  await b.command({ type: "registerDevice", ...device });
  const images = [["2.1.0", "valve"], ["2.2.0", "pump"], ["build-7", "valve"]] as const;
  for (const [version, product] of images) {
    await addFirmware(b, version, imageOf(version).slice(7), SIZE, product);
  }
  return b;
}

/** What a device without a task gets that asks for a version: with what it says it runs. */
const wishes: readonly [wanted: string, runs: string | undefined, got: string][] = [
  ["2.1.0", "2.0.0", "metadata"],
  ["2.1.0", "2.1.0-rc.1", "metadata"],
  ["2.1.0", undefined, "metadata"],
  ["2.1.0", "2.1.0", "idle"],
  ["2.1.0", "2.1.0+other", "idle"],
  ["2.1.0", "3.0.0", "idle"],
  ["2.1.0", "build-6", "metadata"],
  ["build-7", "2.1.0", "metadata"],
  ["build-7", "build-8", "metadata"],
  ["build-7", "build-7", "idle"],
  ["2.2.0", "2.0.0", "idle"],
  ["2.0.0", "1.0.0", "metadata"],
  ["4.0.0", "2.0.0", "idle"],
];

for (const [wanted, runs, got] of wishes) {
  Deno.test(`Engine: a valve that runs ${runs} and asks for ${wanted} is answered ${got}`, async () => {
    const b = await valves();
    const said = { version: wanted, ...(runs === undefined ? {} : { current_version: runs }) };
    const answer = await b.report(VALVE, "request", said);
    assert.equal(kinds(answer), got);
    const [task] = b.store.tasks.values();
    assert.equal(task !== undefined, got === "metadata");
    if (!task) return;
    assert.deepEqual([task.actor, task.policy.priority], [`device:${VALVE}`, "normal"]);
    assert.equal(task.policy.version, wanted);
    assertReplays(b);
  });
}

Deno.test("Engine: no device gets what nobody ordered where that is denied", async () => {
  const b = await valves({ deviceRequests: "deny" });
  assert.equal(kinds(await b.report(VALVE, "request", { version: "2.1.0" })), "idle");
  assert.equal(b.store.tasks.size, 0);
});

Deno.test("Engine: what was last reported or proved counts when the request says nothing", async () => {
  const b = await valves();
  await b.report(VALVE, "request", { version: "2.1.0" });
  await b.report(VALVE, "verify", { checksum: imageOf("2.1.0") });
  for (const version of ["2.1.0", "2.0.0"]) {
    const answer = await b.report(VALVE, "request", { version });
    assert.equal(answer.at(-1)?.kind, "idle");
  }
  assert.equal(b.store.tasks.size, 1);
});

Deno.test("Engine: a device with a task gets that, whatever version it asks for", async () => {
  const b = await bench();
  const id = await order(b, "2.1.0", { priority: "low" });
  for (const version of ["2.0.0", "2.1.0", "9.9.9"]) {
    const [metadata] = await says(b, ["request", { version }]);
    assert.ok(metadata?.kind === "metadata" && metadata.payload.task_id === id);
  }
  assert.equal(b.store.tasks.size, 1);
});

Deno.test("Engine: many requests at once make one task, and begin where the device says", async () => {
  const b = await valves();
  const wish = { version: "2.1.0", resume_from: 40_960, chunk_bytes: 4_096 };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => b.report(VALVE, "request", wish)),
  );
  assert.equal(b.store.tasks.size, 1);
  for (const [metadata] of answers) {
    assert.ok(metadata?.kind === "metadata");
    const { resume_from, chunk_bytes } = metadata.payload;
    assert.deepEqual([resume_from, chunk_bytes], [40_960, 4_096]);
  }
  assertReplays(b);
});

Deno.test("Engine: idle says how the last task ended", async () => {
  const b = await bench();
  const idle = async () => (await says(b, ["request", {}])).at(-1);
  assert.deepEqual(await idle(), { kind: "idle", payload: { ask_again_seconds: 3_600 } });
  const id = await order(b, "2.0.0", { retries: 0 });
  await says(b, ["request", {}], ["verify", { checksum: OTHER }]);
  const last = { task_id: id, state: "failed", version: "2.0.0" };
  assert.deepEqual(await idle(), { kind: "idle", payload: { last, ask_again_seconds: 3_600 } });
});

/** Reports that a device could make for ever; each is a fact as long as it is taken. */
const endless: Readonly<Record<string, (n: number) => Said>> = {
  "progress to and fro": (n) => ["progress", { received: n % 2 === 0 ? 10_000 : 20_000 }],
  "deferrals": (n) => ["status", { status: "deferred", delay_seconds: 60 + n }],
  "deferrals and requests": (n) => n % 2 === 0 ? ["status", { status: "deferred" }] : request(n),
  "requests with changing versions": request,
};

function request(n: number): Said {
  return ["request", { current_version: `1.0.${n}` }];
}

const isOwn = ({ actor }: { actor: string }): boolean => actor === `device:${PUMP}`;

/** Says what comes next until it is refused; how many were taken. */
async function burst(b: Bench, next: (n: number) => Said): Promise<number> {
  for (let n = 0; n < 1_000; n++) {
    if (kinds(await says(b, next(n))) === "rate_limited") return n;
  }
  return Infinity;
}

for (const [name, next] of Object.entries(endless)) {
  Deno.test(`Engine: endless ${name} are refused after the burst, then one fact in two seconds`, async () => {
    const b = await bench();
    const id = await order(b, "2.0.0", { completion: "booted" });
    await says(b, ["request", {}], ["progress", { received: 15_000 }]);
    const taken = await burst(b, next);
    assert.ok(taken > 250 && taken <= 300, `${taken} were taken`);
    const before = rowsOf(b).filter(isOwn).length;
    for (let n = 0; n < 1_200; n++) {
      await b.clock.pass(250);
      await says(b, next(n));
    }
    const facts = rowsOf(b).filter(isOwn).length - before;
    assert.ok(facts <= 150 + 1 && facts > 100, `${facts} facts in 300 s`);
    // What cannot be repeated for ever is never lost.
    assert.equal(kinds(await says(b, ["verify", { checksum: IMAGE }])), "verified");
    await says(b, ["status", { status: "installing" }], ["status", { status: "rebooting" }]);
    const booted: Said = ["status", { status: "booted", version: "2.0.0" }];
    assert.equal(kinds(await says(b, booted)), "success");
    assert.equal(at(b, id), "succeeded #1");
    assertReplays(b);
  });
}

Deno.test("Engine: a device that was refused may say everything again after some silence", async () => {
  const b = await bench();
  await burst(b, request);
  await b.clock.pass(10 * MIN);
  assert.ok(await burst(b, (n) => request(1_000 + n)) > 250);
});

Deno.test("Engine: an honest upgrade meets no limit, however fast and however often it fails", async () => {
  const b = await bench();
  await listen(b);
  const id = await order(b, "2.0.0", { retries: 10, completion: "booted" });
  const told: string[] = [];
  for (let attempt = 1; attempt <= 11; attempt++) {
    const { kind: message, task, attempt: of } = b.store.devices.get(PUMP)!.owed[0]! as never;
    const name = { task, message, attempt: of };
    await b.engine.submit({ kind: "delivered", device: PUMP, ...name });
    for (let part = 1; part <= 20; part++) {
      told.push(kinds(await says(b, ["progress", { received: part * SIZE / 20 }])));
    }
    const checksum = attempt < 11 ? OTHER : IMAGE;
    told.push(kinds(await says(b, ["verify", { checksum }])));
  }
  assert.equal(told.filter((kind) => kind === "rate_limited").length, 0);
  assert.equal(at(b, id), "awaiting_install #11");
});

function rotate(b: Bench, overlapMs: number, byte: string): ReturnType<Bench["command"]> {
  const tokenSha256 = byte.repeat(32);
  return b.command({ type: "issueToken", device: PUMP, tokenSha256, overlapMs });
}

function tokens(b: Bench): string[] {
  return b.store.devices.get(PUMP)!.tokens.map(({ sha256 }) => sha256.slice(0, 2));
}

Deno.test("Engine: a token without an overlap ends the old one, and who logged in with it is cut", async () => {
  const b = await bench();
  await rotate(b, 0, "bb");
  assert.deepEqual([tokens(b), b.cut], [["bb"], [PUMP]]);
});

for (const restarts of [false, true]) {
  const when = restarts ? ", after a restart" : "";
  Deno.test(`Engine: a token with an overlap leaves the old one for so long, then cuts${when}`, async () => {
    const b = await bench();
    await rotate(b, 2 * HOUR, "bb");
    assert.deepEqual([tokens(b), b.cut], [["aa", "bb"], []]);
    const end = b.engine.now() + 2 * HOUR;
    if (restarts) {
      await b.clock.pass(HOUR);
      await b.restart();
      await listen(b);
    }
    await b.clock.pass(end - b.engine.now() - 1);
    assert.deepEqual(b.cut, []);
    await b.clock.pass(1);
    assert.deepEqual(b.cut, [PUMP]);
  });
}

Deno.test("Engine: a token that is replaced again ends at the earlier end, and each end cuts", async () => {
  const b = await bench();
  await rotate(b, 2 * HOUR, "bb");
  await rotate(b, HOUR, "cc");
  await b.clock.pass(HOUR - 1);
  assert.deepEqual(b.cut, []);
  await b.clock.pass(1);
  assert.ok(b.cut.splice(0).includes(PUMP), "aa and bb end together");
  await rotate(b, HOUR, "dd");
  await rotate(b, 0, "ee");
  assert.deepEqual([tokens(b), b.cut], [["ee"], [PUMP]]);
  await b.clock.pass(2 * HOUR);
  assert.equal(b.cut.length, 1, "nothing is left to end");
});

Deno.test("Engine: a revoked device is cut, its tasks end, and nothing it says is taken", async () => {
  const b = await bench();
  const id = await order(b);
  const waiting = await order(b, "2.1.0");
  await says(b, ["request", {}], ["progress", { received: 50_000 }]);
  await b.command({ type: "revokeDevice", device: PUMP });
  assert.deepEqual(b.cut, [PUMP]);
  assert.deepEqual([at(b, id), at(b, waiting)], [
    "cancelled #1 device_revoked",
    "cancelled #1 device_revoked",
  ]);
  const { tokens, owed } = b.store.devices.get(PUMP)!;
  assert.deepEqual([tokens, owed], [[], []]);
  const rows = b.store.rows.length;
  await assert.rejects(says(b, ["request", {}]), /revoked/);
  await assert.rejects(says(b, ["verify", { checksum: IMAGE }]), /revoked/);
  const again = await rotate(b, 0, "dd");
  assert.equal(again.ok || again.problem.status, 409);
  assert.equal(b.store.rows.length, rows);
  assert.equal(taskOf(b, id).state, "cancelled");
});
