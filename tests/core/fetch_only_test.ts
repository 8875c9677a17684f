/** Clients that only fetch: what their checks make of a task, and what they are given (`seen`). */
import assert from "node:assert/strict";
import { toHex } from "../../core/mod.ts";
import { targetOf } from "../../core/engine/target.ts";
import { addFirmware, bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { checks, fetches } from "./support/fetcher.ts";
import { IMAGE, SIZE } from "./support/given.ts";
import { assertReplays, at, imageOf, kinds, order, pathOf, PUMP } from "./support/stories.ts";
import { rowsOf, says, taskOf } from "./support/stories.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const GONE = 31_000;
const MD5 = `md5:${"00".repeat(16)}`;
const oldMd5 = { running: `md5:${"0a".repeat(16)}` };
const newMd5 = { running: MD5 };

/** A client that is known to only fetch, and an order for it. */
async function ordered(more = {}): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  assert.equal(kinds(await checks(b, oldMd5)), "idle");
  return { b, id: await order(b, "2.0.0", more) };
}

/** It was given all of the image, and has had the time of its reboot. */
async function confirming(more = {}): Promise<{ b: Bench; id: string }> {
  const { b, id } = await ordered(more);
  await checks(b, oldMd5);
  await fetches(b);
  await b.clock.pass(GONE + 16 * MIN);
  assert.equal(at(b, id), "confirming #1");
  return { b, id };
}

const facts = (b: Bench): string[] => rowsOf(b).map(({ type }) => type);
const device = (b: Bench) => b.store.devices.get(PUMP)!;

Deno.test("Engine: a task keeps by what else than its SHA-256 its image is known", async () => {
  const { b, id } = await ordered();
  const { policy } = taskOf(b, id);
  assert.deepEqual(policy.known_by, [MD5]);
  const image = { sha256: toHex(IMAGE), size: SIZE, sha1: "00", md5: "d4".repeat(16) };
  const header = { format: "esp", digest: "e5".repeat(32) } as const;
  const release = { product: null, version: "2.0.0", sha256: toHex(IMAGE), namedAt: 1 };
  const { knownBy } = targetOf(device(b), { release, image: { ...image, header } }, 1_000_001);
  assert.deepEqual(knownBy, [`md5:${"d4".repeat(16)}`, `sha256:${"e5".repeat(32)}`]);
});

Deno.test("Engine: a client that checks, fetches, reboots and checks again has succeeded", async () => {
  for (const proof of [newMd5, { running: IMAGE }, { current_version: "2.0.0" }]) {
    const { b, id } = await ordered();
    assert.equal(kinds(await checks(b, oldMd5)), "metadata");
    await fetches(b);
    assert.equal(at(b, id), "downloading #1");
    await b.clock.pass(GONE);
    assert.equal(at(b, id), "rebooting #1");
    await b.clock.pass(HOUR);
    assert.equal(at(b, id), "confirming #1");
    assert.equal(kinds(await checks(b, proof)), "success idle");
    assert.equal(at(b, id), "succeeded #1");
    const { type, data } = rowsOf(b).find(({ outcome }) =>
      outcome.moves.some(({ to }) => to === "succeeded")
    )!;
    assert.equal(type, "UpdateRequested");
    assert.deepEqual({ ...data, ...proof }, data, "the evidence is in the row");
    assert.equal(device(b).version, "2.0.0");
    assertReplays(b);
  }
});

Deno.test("Engine: a client that reboots at once needs no silence", async () => {
  const { b, id } = await ordered();
  await checks(b, oldMd5);
  await fetches(b);
  await checks(b, newMd5);
  assert.equal(at(b, id), "succeeded #1");
  assert.equal(pathOf(b, id), "queued offered downloading succeeded");
});

Deno.test("Engine: who comes back with the old image after the time of its reboot has failed", async () => {
  const { b, id } = await ordered({ retries: 1 });
  await checks(b, oldMd5);
  await fetches(b);
  // Before that it may be that the end of the image did not arrive: it is given it again.
  for (let n = 0; n < 3; n++) {
    await b.clock.pass(4 * MIN);
    assert.equal(kinds(await checks(b, oldMd5)), "metadata");
    await fetches(b);
    assert.equal(at(b, id), "rebooting #1");
  }
  await b.clock.pass(12 * MIN);
  assert.equal(at(b, id), "confirming #1");
  assert.equal(kinds(await checks(b, oldMd5)), "retry metadata");
  assert.equal(at(b, id), "retrying #2 old_image");
  await fetches(b);
  assert.equal(at(b, id), "downloading #2");
  await b.clock.pass(HOUR);
  assert.equal(kinds(await checks(b, oldMd5)), "failed idle");
  assert.equal(at(b, id), "failed #2 old_image");
  assertReplays(b);
});

Deno.test("Engine: who is not seen again within a week is lost, and so is who never says what it runs", async () => {
  for (const checksMeanwhile of [false, true]) {
    const { b, id } = await confirming();
    for (let day = 0; day < 6; day++) {
      await b.clock.pass(DAY);
      if (checksMeanwhile) assert.equal(kinds(await checks(b)), "idle");
    }
    assert.equal(at(b, id), "confirming #1");
    await b.clock.pass(DAY);
    assert.equal(at(b, id), "lost #1 silent");
    assertReplays(b);
  }
});

Deno.test("Engine: a cut costs a client no attempt, and half an image is not all of it", async () => {
  const { b, id } = await ordered();
  await checks(b, oldMd5);
  await fetches(b, 0, SIZE / 2);
  // The same half again: as many bytes as the image has, but not the image.
  await fetches(b, 0, SIZE / 2, 2);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "paused #1 gone");
  await b.clock.pass(HOUR);
  assert.equal(kinds(await checks(b, oldMd5)), "metadata");
  await fetches(b, SIZE / 2, SIZE, 3);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "rebooting #1");
  assertReplays(b);
});

Deno.test("Engine: what was given for an attempt before is not given for this one", async () => {
  const { b, id } = await confirming();
  await checks(b, oldMd5);
  await fetches(b, 0, SIZE - 1, 2);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "paused #2 gone");
  await fetches(b, SIZE - 1, SIZE, 3);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "rebooting #2");
  const { transfers } = taskOf(b, id);
  assert.deepEqual(transfers.map(({ bytes, repeated, anew }) => [bytes, repeated, anew]), [
    [SIZE, 0, undefined],
    [SIZE, SIZE, SIZE],
  ]);
});

Deno.test("Engine: what was given before a restart counts as far as it is on record", async () => {
  const { b, id } = await ordered();
  await checks(b, oldMd5);
  await fetches(b, 0, SIZE / 2);
  await b.clock.pass(GONE);
  await b.restart();
  await fetches(b, SIZE / 2, SIZE, 2);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "rebooting #1");
  await b.restart();
  await b.clock.pass(HOUR);
  await checks(b, newMd5);
  assert.equal(at(b, id), "succeeded #1");
});

for (const completion of ["verified", "booted", "reported", "seen"]) {
  Deno.test(`Engine: completion ${completion}: who says that it runs the image is not given it again`, async () => {
    const { b, id } = await ordered({ completion });
    assert.equal(kinds(await checks(b, oldMd5)), "metadata");
    for (const said of [newMd5, { current_version: "2.0.0" }, { running: IMAGE }]) {
      const told = kinds(await checks(b, said));
      assert.ok(!told.includes("metadata") && told.endsWith("idle"), told);
    }
    assert.equal(
      at(b, id),
      {
        verified: "succeeded #1",
        booted: "offered #1",
        reported: "offered #1",
        seen: "succeeded #1",
      }[completion],
    );
    assertReplays(b);
  });
}

Deno.test("Engine: a task whose image runs already is offered without a word", async () => {
  const { b, id } = await ordered({ completion: "booted" });
  assert.equal(kinds(await checks(b, newMd5)), "idle");
  assert.equal(at(b, id), "offered #1");
  assert.deepEqual(rowsOf(b).at(-1)?.outcome.effects, []);
  assert.deepEqual(device(b).owed, []);
  // Another image runs after all.
  assert.equal(kinds(await checks(b, oldMd5)), "metadata");
});

Deno.test("Engine: who has shown the digest is to install the image, and not to fetch it", async () => {
  const { b, id } = await ordered({ completion: "booted" });
  await checks(b, oldMd5);
  await says(b, ["verify", { checksum: IMAGE }]);
  assert.equal(at(b, id), "awaiting_install #1");
  assert.equal(kinds(await checks(b, oldMd5)), "idle");
  await says(b, ["status", { status: "deferred" }]);
  // The pause is over, but that is no order to fetch.
  assert.equal(kinds(await checks(b, oldMd5)), "idle");
  assert.equal(at(b, id), "awaiting_install #1");
});

Deno.test("Engine: in the time of its reboot who says nothing may fetch once more; then it is left alone", async () => {
  const { b, id } = await ordered();
  await checks(b);
  await fetches(b);
  assert.equal(kinds(await checks(b)), "metadata");
  assert.equal(at(b, id), "rebooting #1");
  await b.clock.pass(16 * MIN);
  assert.equal(kinds(await checks(b)), "idle");
  assert.equal(at(b, id), "confirming #1");
});

Deno.test("Engine: whatever success needs, nobody flashes itself again who never says what it runs", async () => {
  const { b, id } = await ordered({ completion: "verified" });
  assert.equal(kinds(await checks(b)), "metadata");
  await fetches(b);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "paused #1 gone");
  for (let n = 0; n < 3; n++) {
    assert.equal(kinds(await checks(b)), "idle");
    await b.clock.pass(HOUR);
  }
  // What it ran before is a word: it is given the image again.
  await checks(b, oldMd5);
  assert.equal(at(b, id), "retrying #2 old_image");
  assertReplays(b);
});

Deno.test("Engine: a client that checks and does not fetch leaves a task as it is, and no rows", async () => {
  const { b, id } = await confirming();
  await checks(b, oldMd5);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "paused #2 gone");
  await checks(b, oldMd5);
  const before = facts(b);
  for (let n = 0; n < 9; n++) {
    await b.clock.pass(HOUR);
    assert.equal(kinds(await checks(b, oldMd5)), "metadata");
  }
  assert.deepEqual(facts(b), before);
  // Until it may take a week to be there: then it is offered anew, and no attempt is spent.
  await b.clock.pass(8 * DAY);
  assert.equal(at(b, id), "held #2 offline");
  await checks(b, oldMd5);
  assert.equal(at(b, id), "offered #2");
});

Deno.test("Engine: with its next check a client counts as told, but for the image that it is to have", async () => {
  const { b, id } = await ordered();
  await checks(b, oldMd5);
  const owed = () => device(b).owed.map(({ kind, task }) => `${kind} ${task}`);
  assert.deepEqual(owed(), [`metadata ${id}`]);
  await checks(b, oldMd5);
  assert.deepEqual(owed(), [`metadata ${id}`]);
  await checks(b, newMd5);
  assert.deepEqual(owed(), [`success ${id}`]);
  assert.equal(kinds(await checks(b, newMd5)), "idle");
  assert.deepEqual(owed(), []);
  const { type, actor, data } = rowsOf(b).at(-1)!;
  const said = { kind: "success", attempt: 1 };
  assert.deepEqual([type, actor, data], ["MessageDelivered", `device:${PUMP}`, said]);
  assertReplays(b);
});

Deno.test("Engine: a check that changes nothing is no fact, however often it comes", async () => {
  const { b } = await ordered();
  await checks(b, oldMd5);
  const before = facts(b);
  for (let n = 0; n < 20; n++) {
    await b.clock.pass(HOUR);
    assert.equal(kinds(await checks(b, oldMd5)), "metadata");
  }
  assert.deepEqual(facts(b), before);
});

Deno.test("Engine: a security update takes its turn with the check that brings the old image back", async () => {
  const { b, id } = await confirming();
  await addFirmware(b, "2.1.0", imageOf("2.1.0").slice(7));
  const urgent = await order(b, "2.1.0", { priority: "security" });
  assert.equal(at(b, urgent), "queued #1");
  const told = await checks(b, oldMd5);
  assert.deepEqual([at(b, id), at(b, urgent)], ["queued #2 preempted", "offered #1"]);
  const metadata = told.filter(({ kind }) => kind === "metadata");
  assert.ok(metadata[0]?.kind === "metadata" && metadata[0].payload.version === "2.1.0");
  assert.equal(metadata.length, 1);
});

Deno.test("Engine: who runs something newer by itself is not taken back", async () => {
  const { b, id } = await confirming();
  await checks(b, { current_version: "9.0.0" });
  assert.equal(at(b, id), "superseded #2 newer_version");
});

Deno.test("Engine: behind a broker who only fetches is seen for itself", async () => {
  const b = await bench({ isBrokered: true });
  b.engine.reachable(true, false);
  await checks(b, oldMd5);
  const id = await order(b);
  assert.equal(at(b, id), "queued #1", "nothing reaches it by the broker");
  await checks(b, oldMd5);
  await fetches(b, 0, SIZE / 2);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "paused #1 gone", "a cut costs no attempt");
  await fetches(b, SIZE / 2, SIZE, 2);
  await b.clock.pass(GONE);
  assert.equal(at(b, id), "rebooting #1");
  // By the broker it counts as there again, and silence says nothing.
  await says(b, ["request", { current_version: "1.0.0" }]);
  await order(b, "2.1.0");
  await b.clock.pass(16 * MIN);
  await says(b, ["progress", { received: SIZE / 2 }]);
  await b.clock.pass(10 * MIN);
  assert.equal(at(b, id), "downloading #1");
});
