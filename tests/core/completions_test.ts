/** What success needs (DESIGN §2, completion): the whole way of each, and the evidence in its row. */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER, SIZE } from "./support/given.ts";
import { assertReplays, at, kinds, listen, order, PUMP } from "./support/stories.ts";
import { rowsOf, says, taskOf } from "./support/stories.ts";
import type { Said } from "./support/stories.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const right: Said = ["verify", { checksum: IMAGE }];
const wrong: Said = ["verify", { checksum: OTHER }];
const status = (status: string, more = {}): Said => ["status", { status, ...more }];
const booted = (version: string): Said => status("booted", { version });
const asks = (current_version: string): Said => ["request", { current_version }];

/** What the device says, where that leads to, and what it is told. */
type Turn = readonly [said: Said, task: string, told: string];

const fetches: readonly Turn[] = [
  [["progress", { received: SIZE / 2 }], "downloading #1", ""],
  [["progress", "100%"], "verifying #1", ""],
];
const verified: Turn = [right, "awaiting_install #1", "verified"];
const installs: readonly Turn[] = [
  [status("installing"), "installing #1", ""],
  [status("rebooting"), "rebooting #1", ""],
];
const runs: Turn = [booted("2.0.0"), "succeeded #1", "success"];

interface Story {
  readonly name: string;
  readonly completion: string;
  readonly turns: readonly Turn[];
  /** The fact that ended it, and what of it proves the end. */
  readonly evidence: readonly [type: string, data: object];
}

const stories: readonly Story[] = [
  {
    name: "its digest is enough",
    completion: "verified",
    turns: [...fetches, [right, "succeeded #1", "success"]],
    evidence: ["DigestReported", { checksum: IMAGE }],
  },
  {
    name: "no report of a boot is",
    completion: "verified",
    turns: [[booted("2.0.0"), "offered #1", "wrong_phase"], [right, "succeeded #1", "success"]],
    evidence: ["DigestReported", { checksum: IMAGE }],
  },
  {
    name: "it verifies, installs, reboots and runs",
    completion: "booted",
    turns: [...fetches, verified, ...installs, [status("booted"), "confirming #1", ""], runs],
    evidence: ["StatusReported", { status: "booted", version: "2.0.0" }],
  },
  {
    name: "no boot counts before the digest",
    completion: "booted",
    turns: [
      [booted("2.0.0"), "offered #1", "wrong_phase"],
      ...fetches,
      [booted("2.0.0"), "verifying #1", "wrong_phase"],
      verified,
      runs,
    ],
    evidence: ["StatusReported", { status: "booted", version: "2.0.0" }],
  },
  {
    name: "after the reboot its request proves it, too",
    completion: "booted",
    turns: [verified, ...installs, [asks("2.0.0"), "succeeded #1", "success idle"]],
    evidence: ["UpdateRequested", { current_version: "2.0.0" }],
  },
  {
    name: "it runs another version",
    completion: "booted",
    turns: [verified, ...installs, [booted("1.0.0"), "rolled_back #1 other_version", "failed"]],
    evidence: ["StatusReported", { status: "booted", version: "1.0.0" }],
  },
  {
    name: "it went back by itself",
    completion: "booted",
    turns: [verified, ...installs, [
      status("rolled_back"),
      "rolled_back #1 device_rolled_back",
      "failed",
    ]],
    evidence: ["StatusReported", { status: "rolled_back" }],
  },
  {
    name: "it declines",
    completion: "booted",
    turns: [verified, [status("rejected"), "rejected #1 device_rejected", "failed"]],
    evidence: ["StatusReported", { status: "rejected" }],
  },
  {
    name: "its own word is enough",
    completion: "reported",
    turns: [...fetches, ...installs, runs],
    evidence: ["StatusReported", { status: "booted", version: "2.0.0" }],
  },
  {
    name: "its own word at once",
    completion: "reported",
    turns: [runs],
    evidence: ["StatusReported", { status: "booted", version: "2.0.0" }],
  },
  {
    name: "a digest alone is not",
    completion: "reported",
    turns: [...fetches, verified, runs],
    evidence: ["StatusReported", { status: "booted", version: "2.0.0" }],
  },
  {
    name: "it ends as rolled back, too",
    completion: "reported",
    turns: [...installs, [booted("1.0.0"), "rolled_back #1 other_version", "failed"]],
    evidence: ["StatusReported", { status: "booted", version: "1.0.0" }],
  },
  {
    name: "a later contact with the new version is enough",
    completion: "seen",
    turns: [
      ...fetches,
      [asks("1.0.0"), "verifying #1", "metadata"],
      [asks("2.0.0"), "succeeded #1", "success idle"],
    ],
    evidence: ["UpdateRequested", { current_version: "2.0.0" }],
  },
];

async function offered(more = {}): Promise<{ b: Bench; id: string }> {
  const b = await bench();
  b.engine.connected(PUMP, "c1");
  const id = await order(b, "2.0.0", more);
  assert.equal(kinds(await says(b, asks("1.0.0"))), "metadata");
  return { b, id };
}

for (const { name, completion, turns, evidence: [type, data] } of stories) {
  Deno.test(`Engine: completion ${completion}: ${name}`, async () => {
    const { b, id } = await offered({ completion });
    for (const [said, task, told] of turns) {
      const answer = kinds(await says(b, said));
      assert.deepEqual([at(b, id), answer], [task, told], JSON.stringify(said));
    }
    const end = rowsOf(b).find(({ outcome }) =>
      outcome.moves.some((m) => m.task === id && m.to === taskOf(b, id).state)
    )!;
    assert.equal(end.type, type);
    assert.deepEqual({ ...end.data, ...data }, end.data, "the evidence is in the row");
    assertReplays(b);
  });
}

Deno.test("Engine: a device that says nothing more after its reboot is lost", async () => {
  const { b, id } = await offered({ completion: "booted" });
  await says(b, right, status("installing"), status("rebooting"));
  await b.clock.pass(16 * MIN);
  assert.equal(at(b, id), "lost #1 silent");
  assert.deepEqual((await says(b, booted("2.0.0")))[0]?.kind, "rejected");
  const [idle] = (await says(b, asks("2.0.0"))).slice(-1);
  assert.ok(idle?.kind === "idle" && idle.payload.last?.state === "lost");
});

Deno.test("Engine: a device that defers is asked again after its delay, or an hour", async () => {
  for (const [delay, ms] of [[{}, HOUR], [{ delay_seconds: 60 }, MIN]] as const) {
    for (
      const [way, state] of [
        [[], "offered"],
        [fetches.slice(0, 1), "downloading"],
        [fetches, "verifying"],
        [[verified], "awaiting_install"],
      ] as [Turn[], string][]
    ) {
      const { b, id } = await offered({ completion: "booted" });
      await listen(b);
      await says(b, ...way.map(([said]) => said), status("deferred", delay));
      assert.equal(at(b, id), "paused #1 deferred");
      b.sent.length = 0;
      await b.clock.pass(ms - 1);
      assert.deepEqual([at(b, id), b.heard()], ["paused #1 deferred", []]);
      await b.clock.pass(252);
      assert.deepEqual([at(b, id), b.heard()], [`${state} #1`, ["metadata"]]);
    }
  }
});

Deno.test("Engine: a deferral ends at the next request; a retry or an installation is not put off", async () => {
  const { b, id } = await offered({ completion: "booted" });
  await says(b, ...fetches.map(([said]) => said), status("deferred"));
  assert.equal(kinds(await says(b, ["request", {}])), "metadata");
  assert.equal(at(b, id), "verifying #1");
  await says(b, wrong);
  assert.equal(kinds(await says(b, status("deferred"))), "wrong_phase");
  await says(b, right, status("installing"));
  assert.equal(kinds(await says(b, status("deferred"))), "wrong_phase");
});
