/** What success needs (DESIGN §2, completion): the whole way of each, and the evidence in its row. */
import assert from "node:assert/strict";
import type { Message } from "../../core/mod.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER, SIZE } from "./support/given.ts";
import { assertReplays, at, kinds, listen, order, pathOf, PUMP } from "./support/stories.ts";
import { rowsOf, says, taskOf, tryOrder } from "./support/stories.ts";
import type { Said } from "./support/stories.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
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

function numbersOf(message: Message | undefined): unknown[] {
  assert.ok(message?.kind === "metadata" || message?.kind === "retry");
  return [message.payload.attempt, message.payload.max_attempts];
}

for (const retries of [0, 3, 10]) {
  Deno.test(`Engine: with ${retries} retries there are ${1 + retries} attempts, then it failed`, async () => {
    const b = await bench();
    const id = await order(b, "2.0.0", { retries });
    const max = 1 + retries;
    assert.deepEqual(numbersOf((await says(b, ["request", {}]))[0]), [1, max]);
    for (let attempt = 2; attempt <= max; attempt++) {
      assert.deepEqual(numbersOf((await says(b, wrong))[0]), [attempt, max]);
    }
    const [failed] = await says(b, wrong);
    const payload = { task_id: id, state: "failed", reason: "wrong_digest" };
    assert.deepEqual(failed, { kind: "failed", payload });
    assert.equal(
      pathOf(b, id),
      ["queued offered", ..."retrying ".repeat(retries).split(" ")]
        .filter(Boolean).concat("failed").join(" "),
    );
  });
}

Deno.test("Engine: an order that expired is offered to nobody", async () => {
  const b = await bench();
  const id = await order(b, "2.0.0", { expires_in: 86_400 });
  await b.clock.pass(DAY - 1_000);
  b.clock.skew += 10_000;
  assert.equal(kinds(await says(b, ["request", {}])), "idle");
  await b.clock.pass(6 * MIN);
  assert.equal(at(b, id), "timed_out #1 expired");
});

/** Whether an order for the version is offered to a device that runs the other. */
const downgrades: readonly [runs: string, target: string, offered: boolean][] = [
  ["2.0.0", "1.9.9", false],
  ["2.0.0", "2.0.0-rc.1", false],
  ["2.0.0-rc.10", "2.0.0-rc.9", false],
  ["2.0.0-rc.1", "2.0.0-beta.11", false],
  ["2.0.0-rc.1", "2.0.0", true],
  ["2.0.0-rc.9", "2.0.0-rc.10", true],
  ["2.0.0", "2.0.0", true],
  ["2.0.0+a", "2.0.0+b", true],
  ["2.0", "1.0", true],
  ["2.0.0", "build-7", true],
  ["build-7", "1.0.0", true],
];

for (const [runs, target, isOffered] of downgrades) {
  Deno.test(`Engine: ${target} is ${isOffered ? "" : "not "}offered to a device that runs ${runs}`, async () => {
    for (const allow_downgrade of [false, true]) {
      for (const saysFirst of [true, false]) {
        const b = await bench();
        if (saysFirst) await says(b, asks(runs));
        const id = await order(b, target, { allow_downgrade });
        const answer = kinds(await says(b, asks(runs)));
        const isOn = isOffered || allow_downgrade;
        assert.equal(at(b, id), isOn ? "offered #1" : "superseded #1 newer_version");
        assert.equal(answer, isOn ? "metadata" : "idle");
        assert.equal(taskOf(b, id).offered, isOn);
      }
    }
  });
}

Deno.test("Engine: a task in hand ends superseded when the device says that it runs something newer", async () => {
  const { b, id } = await offered();
  await says(b, ...fetches.map(([said]) => said));
  const [failed] = await says(b, asks("2.1.0"));
  const payload = { task_id: id, state: "superseded", reason: "newer_version" };
  assert.deepEqual(failed, { kind: "failed", payload });
  assert.equal(await tryOrder(b, "2.0.0"), "OTA_20231114_002", "202, whatever follows");
  assert.equal(at(b, "OTA_20231114_002"), "superseded #1 newer_version");
});
