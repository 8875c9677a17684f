import assert from "node:assert/strict";
import { Meter } from "../../../adapters/http/images/meter.ts";

Deno.test("Meter counts what was given, and says when the last of it was", () => {
  let now = 5;
  const meter = new Meter(100, 700, 1, { now: () => now });
  for (now of [10, 25]) meter.given(300);
  now = 40;
  meter.end("complete");
  const { from, to, sent, sentAt, state } = meter;
  assert.deepEqual([from, to, sent, sentAt, state], [100, 700, 600, 25, "complete"]);
});
