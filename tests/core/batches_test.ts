/** How many inputs one transaction takes. */
import assert from "node:assert/strict";
import { Batches } from "../../core/engine/batches.ts";
import type { Input } from "../../core/engine/inputs.ts";
import type { Clock } from "../../core/engine/ports.ts";

Deno.test("Batches share a commit among hundreds of inputs that are quickly done", async () => {
  const sizes = await batchesOf(3_000, () => 20);
  assert.equal(Math.max(...sizes), 512);
});

Deno.test("Batches become small where inputs are slow, and hold nobody up for long", async () => {
  const sizes = await batchesOf(3_000, (inputs) => inputs * 2);
  assert(sizes.every((size) => size <= 64), `batches of ${sizes}`);
});

Deno.test("Batches grow again when inputs are quick again", async () => {
  const sizes = await batchesOf(6_000, (inputs, batch) => batch < 20 ? inputs * 2 : 20);
  assert.equal(sizes[19], 64);
  assert.equal(Math.max(...sizes), 512);
});

/** The sizes of the batches in which `count` inputs are taken, each in `tookMs`. */
async function batchesOf(
  count: number,
  tookMs: (inputs: number, batch: number) => number,
): Promise<number[]> {
  let now = 0;
  const clock: Clock = {
    wall: () => now,
    monotonic: () => now,
    soon: (call) => queueMicrotask(call),
    after: () => () => {},
  };
  const sizes: number[] = [];
  const batches = new Batches(clock, (batch) => {
    now += tookMs(batch.length, sizes.length);
    sizes.push(batch.length);
    return Promise.resolve();
  });
  const input: Input = { kind: "contact", device: "lock-1", contact: "gone" };
  for (let n = 0; n < count; n++) void batches.submit(input);
  await batches.pumping;
  return sizes;
}
