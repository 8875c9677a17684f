/** What an operator's order decides in advance: retries, expiry, and which way versions may go. */
import assert from "node:assert/strict";
import type { Message } from "../../core/mod.ts";
import { bench } from "./support/bench_engine.ts";
import { OTHER } from "./support/given.ts";
import { at, kinds, order, pathOf, says, taskOf, tryOrder } from "./support/stories.ts";
import type { Said } from "./support/stories.ts";

const MIN = 60_000;
const DAY = 24 * 60 * MIN;
const wrong: Said = ["verify", { checksum: OTHER }];
const asks = (current_version: string): Said => ["request", { current_version }];

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
  const b = await bench();
  const id = await order(b);
  await says(b, asks("1.0.0"), ["progress", "100%"]);
  const [failed] = await says(b, asks("2.1.0"));
  const payload = { task_id: id, state: "superseded", reason: "newer_version" };
  assert.deepEqual(failed, { kind: "failed", payload });
  assert.equal(await tryOrder(b, "2.0.0"), "OTA_20231114_002", "202, whatever follows");
  assert.equal(at(b, "OTA_20231114_002"), "superseded #1 newer_version");
});
