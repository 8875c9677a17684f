/**
 * Found when machines began to sleep in the simulator: the end of a token is an instant of engine time, which
 * follows the wall clock when the machine wakes up; its timer is one of the monotonic clock, which stood
 * still, and came up to an hour late. Whoever had logged in with the token stayed in so long.
 */
import assert from "node:assert/strict";
import { bench } from "../support/bench_engine.ts";
import { PUMP } from "../support/stories.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";

const MINUTE = 60_000;

Deno.test("Engine: a token that ended while its machine slept is cut soon after", async () => {
  const b = await bench();
  await b.command({
    type: "issueToken",
    device: PUMP,
    tokenSha256: "bb".repeat(32),
    tokenSha512: ANY_SHA512,
    overlapMs: 60 * MINUTE,
  });
  await b.clock.pass(5 * MINUTE);
  // Its monotonic clock stands still meanwhile.
  b.clock.skew += 50 * MINUTE;
  await b.clock.pass(2 * MINUTE);
  assert.deepEqual(b.cut, [], "nor before it ends");
  await b.clock.pass(4 * MINUTE);
  assert.deepEqual(b.cut, [PUMP]);
});
