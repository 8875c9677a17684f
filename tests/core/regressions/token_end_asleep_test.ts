/**
 * Found by seed 232 of the simulator (L4): a token ended while this machine slept, or by a leap of its
 * wall clock, and whoever had logged in with it stayed for up to an hour.
 */
import assert from "node:assert/strict";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { bench } from "../support/bench_engine.ts";
import { PUMP, says } from "../support/stories.ts";

const HOUR = 3_600_000;

Deno.test("Engine: who logged in with a token that ended while we slept is cut when we wake", async () => {
  for (const speaks of [true, false]) {
    const b = await bench();
    const tokens = { tokenSha256: "bb".repeat(32), tokenSha512: ANY_SHA512 };
    assert.ok(
      (await b.command({ type: "issueToken", device: PUMP, ...tokens, overlapMs: HOUR })).ok,
    );
    b.clock.skew += HOUR;
    if (speaks) await says(b, ["request", {}]);
    await b.clock.pass(speaks ? 0 : 60_000);
    assert.deepEqual(b.cut, [PUMP], speaks ? "by what is said" : "by itself");
    await b.clock.pass(2 * HOUR);
    assert.deepEqual(b.cut, [PUMP], "once");
  }
});
