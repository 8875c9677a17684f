/** Requests without a task, and what a device without one is told (PROTOCOL §1). */
import assert from "node:assert/strict";
import { addFirmware, bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { OTHER, SIZE } from "./support/given.ts";
import { assertReplays, imageOf, kinds, order } from "./support/stories.ts";
import { says } from "./support/stories.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

const VALVE = "valve-1";

/** A device of product `valve`, and images 2.x for it, for another product and for none. */
async function valves(options = {}): Promise<Bench> {
  const b = await bench(options);
  const device = {
    device: VALVE,
    product: "valve",
    tokenSha256: "cc".repeat(32),
    tokenSha512: ANY_SHA512,
  };
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
