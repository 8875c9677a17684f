/** What a first check settles: which evidence a task needs, and what the device runs. */
import assert from "node:assert/strict";
import { toHex } from "../../core/mod.ts";
import { addFirmware, bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { checks, fetches } from "./support/fetcher.ts";
import { IMAGE } from "./support/given.ts";
import { assertReplays, at, imageOf, kinds, order, PUMP } from "./support/stories.ts";
import { rowsOf, says, taskOf } from "./support/stories.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const GONE = 31_000;
const MD5 = `md5:${"00".repeat(16)}`;
const oldMd5 = { running: `md5:${"0a".repeat(16)}` };
const newMd5 = { running: MD5 };

const device = (b: Bench) => b.store.devices.get(PUMP)!;

Deno.test("Engine: what success needs is seen for a device that only fetches, and verified for others", async () => {
  const b = await bench();
  const isAfter = async (version: string, completion: string, days: number, more = {}) => {
    const { policy } = taskOf(b, await order(b, version, more));
    const limit = policy.limits_ms.confirming;
    assert.deepEqual([policy.completion, limit], [completion, days * DAY], version);
  };
  const tenMinutes = 10 * MIN / DAY;
  await isAfter("2.1.0", "verified", tenMinutes);
  await checks(b);
  assert.equal(device(b).fetchOnly, true);
  await isAfter("2.2.0", "seen", 7);
  await isAfter("2.3.0", "booted", tenMinutes, { completion: "booted" });
  await isAfter("2.4.0", "seen", 2, { limits: { confirming: 2 * 86_400 } });
  // It can say more after all.
  await says(b, ["request", {}]);
  assert.ok(!Object.hasOwn(device(b), "fetchOnly"));
  await isAfter("2.5.0", "verified", tenMinutes);
  await isAfter("2.6.0", "seen", 7, { completion: "seen" });
  assertReplays(b);
});

Deno.test("Engine: an order before the first check is seen if that shows that the device only fetches", async () => {
  const b = await bench();
  const named = await order(b, "2.0.0", { completion: "verified" });
  const open = await order(b, "2.1.0");
  const short = await order(b, "2.2.0", { limits: { confirming: 3_600 } });
  const completionOf = (id: string) => {
    const { policy: { completion, limits_ms } } = taskOf(b, id);
    return `${completion} ${limits_ms.confirming / MIN}`;
  };
  assert.deepEqual([named, open, short].map(completionOf), [
    "verified 10",
    "verified 10",
    "verified 60",
  ]);
  await checks(b, oldMd5);
  assert.deepEqual([named, open, short].map(completionOf), [
    "verified 10",
    `seen ${7 * DAY / MIN}`,
    "seen 60",
  ]);
  assertReplays(b);
});

Deno.test("Engine: whoever names a digest alone runs the version whose image that is", async () => {
  const b = await bench();
  await addFirmware(b, "3.0.0", toHex(imageOf("3.0.0")));
  await checks(b, { running: imageOf("3.0.0") });
  assert.equal(device(b).version, "3.0.0");
  const id = await order(b, "2.0.0");
  assert.equal(at(b, id), "superseded #1 newer_version");
  // It was given something else by cable.
  await checks(b, { running: IMAGE });
  assert.equal(device(b).version, "2.0.0");
  // A version that it names itself counts, and one that nobody knows changes nothing.
  await checks(b, { running: IMAGE, current_version: "2.0.1" });
  assert.ok(!Object.hasOwn(rowsOf(b).at(-1)!.data, "runs"));
  await checks(b, oldMd5);
  // Nor does one that two versions have.
  await checks(b, newMd5);
  assert.equal(device(b).version, "2.0.1");
  assertReplays(b);
});

Deno.test("Engine: a first order ends in success for a client that knows its version alone", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0");
  assert.equal(kinds(await checks(b, { current_version: "1.0.0" })), "metadata");
  await fetches(b);
  await b.clock.pass(GONE + 16 * MIN);
  assert.equal(at(b, id), "confirming #1");
  assert.equal(kinds(await checks(b, { current_version: "2.0.0" })), "success idle");
  assert.equal(at(b, id), "succeeded #1");
  assertReplays(b);
});

Deno.test("Engine: an order before the first word stays verified for a device that can report", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0");
  await says(b, ["request", {}]);
  const later = await order(b, "2.1.0");
  // One was offered already, and the other ordered for a device that can report.
  await checks(b, oldMd5);
  for (const task of [id, later]) assert.equal(taskOf(b, task).policy.completion, "verified");
  assertReplays(b);
});

Deno.test("Engine: a version that a client asks for itself is seen, too", async () => {
  const b = await bench();
  const [metadata] = await checks(b, { version: "2.0.0", ...oldMd5 });
  assert.ok(metadata?.kind === "metadata" && metadata.payload.completion === "seen");
});
