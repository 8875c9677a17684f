/** Reports that could be made for ever are limited, honest ones are not (PROTOCOL §1, `rate_limited`). */
import assert from "node:assert/strict";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE, OTHER, SIZE } from "./support/given.ts";
import { assertReplays, at, kinds, listen, order, PUMP, rowsOf, says } from "./support/stories.ts";
import type { Said } from "./support/stories.ts";

const MIN = 60_000;

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
