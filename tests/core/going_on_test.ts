/** When a request for bytes only goes on with a download that is on record. */
import assert from "node:assert/strict";
import type { FurtherRange, ServedRange } from "../../core/engine/mod.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER } from "./support/given.ts";
import { at, listen, order, PUMP, says } from "./support/stories.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

/** The token that the device of a bench is registered with. */
const TOKEN = "aa".repeat(32);
const SHA256 = IMAGE.slice(7);

function range(b: Bench, from = 0): ServedRange {
  return { from, sent: 10, sentAt: b.engine.now(), state: "complete", connection: 1 };
}

function goesOn(b: Bench, more: Partial<FurtherRange> = {}): boolean {
  const further = { device: PUMP, tokenSha256: TOKEN, sha256: SHA256, range: range(b, 50) };
  return b.engine.goesOn({ ...further, ...more });
}

async function fetch(b: Bench, from = 0): Promise<void> {
  await b.engine.submit({
    kind: "artifact",
    device: PUMP,
    sha256: SHA256,
    range: range(b, from),
  });
}

/** A device that fetches its first bytes. */
async function fetching(limits = {}): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  const id = await order(b, "2.0.0", { limits });
  await listen(b);
  await fetch(b);
  assert.equal(at(b, id), "downloading #1");
  return { b, id };
}

function facts(b: Bench): number {
  return b.store.rows.filter(({ bytes }) => JSON.parse(bytes).type === "ArtifactRequested").length;
}

const issue = (overlapMs: number) => ({
  type: "issueToken" as const,
  device: PUMP,
  tokenSha256: "bb".repeat(32),
  tokenSha512: ANY_SHA512,
  overlapMs,
});

type Story = (b: Bench, id: string) => unknown;

const yes: [what: string, story: Story, more?: Partial<FurtherRange>][] = [
  ["the next range of what is being fetched", () => {}],
  ["a range long after, though not so long that it is news", (b) => b.clock.pass(449_000)],
  ["progress that was reported later", async (b) => {
    await b.clock.pass(449_000);
    await says(b, ["progress", { received: 50_000 }]);
    await b.clock.pass(449_000);
  }],
  ["a token that was replaced and is valid for a while", (b) => b.command(issue(60_000))],
  ["the token that replaced it", (b) => b.command(issue(60_000)), { tokenSha256: "bb".repeat(32) }],
];

for (const [what, story, more] of yes) {
  Deno.test(`Engine.goesOn() says yes to ${what}`, async () => {
    const { b, id } = await fetching();
    await story(b, id);
    const count = facts(b);
    assert.ok(goesOn(b, more));
    const [transfer] = b.engine.transfersOf(b.store.tasks.get(id)!);
    assert.deepEqual([transfer!.requests, transfer!.bytes, facts(b)], [2, 20, count]);
  });
}

const no: [what: string, story: Story, more?: Partial<FurtherRange>][] = [
  ["another device", () => {}, { device: "pump-8" }],
  ["another token", () => {}, { tokenSha256: "cc".repeat(32) }],
  ["a token that was replaced", (b) => b.command(issue(0))],
  ["a token that was valid for a while", async (b) => {
    await b.command(issue(60_000));
    await b.clock.pass(60_000);
  }],
  ["a device that was revoked", (b) => b.command({ type: "revokeDevice", device: PUMP })],
  ["another image", () => {}, { sha256: OTHER.slice(7) }],
  ["the end of a digest", () => {}, { sha256: SHA256.slice(1) }],
  ["no digest", () => {}, { sha256: "" }],
  ["a range after so long that it is news", (b) => b.clock.pass(450_000)],
  [
    "a task that was cancelled",
    (b, id) => b.command({ type: "cancelTask", task: id }),
  ],
  ["a task that is verified", (b) => says(b, ["verify", { checksum: IMAGE }])],
  ["the next attempt", (b) => says(b, ["verify", { checksum: OTHER, bad_chunks: [0] }])],
  ["a device that went away", async (b) => {
    b.engine.disconnected(PUMP, "c1");
    await b.clock.pass(120_000);
  }],
  ["an engine that was started since", (b) => b.restart()],
  ["an engine that stopped", (b) => b.engine.stop()],
  ["a store that nobody knows the state of", async (b) => {
    b.store.failNext = "before";
    await says(b, ["progress", { received: 50_000 }]).catch(() => {});
  }],
];

for (const [what, story, more] of no) {
  Deno.test(`Engine.goesOn() says no to ${what}`, async () => {
    const { b, id } = await fetching();
    await story(b, id);
    assert.equal(goesOn(b, more), false);
    const [transfer] = b.engine.transfersOf(b.store.tasks.get(id)!);
    // Nothing is counted, as it will be submitted.
    assert.ok((transfer?.requests ?? 0) <= 1);
  });
}

Deno.test("Engine.goesOn() says no before the first range of an attempt, however it began", async () => {
  const b = await bench();
  await order(b);
  await listen(b);
  assert.equal(goesOn(b), false);
  await says(b, ["progress", { received: 10_000 }]);
  // It is downloading, but what it was given is not counted yet.
  assert.equal(goesOn(b), false);
  await fetch(b);
  assert.ok(goesOn(b));
  await says(b, ["verify", { checksum: OTHER, bad_chunks: [0] }]);
  assert.equal(goesOn(b), false);
  const count = facts(b);
  await fetch(b);
  assert.equal(facts(b), count + 1);
  assert.ok(goesOn(b));
});

Deno.test("Engine.restsOnBytes() is true of a device that may be unable to report, and of none that is known", async () => {
  for (const completion of ["verified", "booted", "seen"] as const) {
    const b = await bench();
    assert.ok(b.engine.restsOnBytes("nobody"));
    await order(b, "2.0.0", { completion });
    await listen(b);
    assert.equal(b.engine.restsOnBytes(PUMP), completion === "seen");
    await says(b, ["verify", { checksum: IMAGE }]);
    await b.restart();
    // Nothing is known of it before its next word.
    assert.ok(b.engine.restsOnBytes(PUMP));
  }
});
