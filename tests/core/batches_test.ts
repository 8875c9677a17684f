/** How many inputs one transaction takes. */
import assert from "node:assert/strict";
import { Batches } from "../../core/engine/batches.ts";
import type { Input } from "../../core/engine/inputs.ts";
import type { Clock } from "../../core/engine/ports.ts";

const quick = () => 20;
const slow = (inputs: number) => inputs * 2;

Deno.test("Batches share a commit among hundreds of inputs that are quickly done", async () => {
  const sizes = await batchesOf(quick, 3_000);
  assert.equal(Math.max(...sizes), 512);
});

Deno.test("Batches become small where inputs are slow, and hold nobody up for long", async () => {
  const sizes = await batchesOf(slow, 3_000);
  assert(sizes.every((size) => size <= 64), `batches of ${sizes}`);
});

Deno.test("Batches grow again when inputs are quick again", async () => {
  const sizes = await batchesOf((inputs, batch) => batch < 20 ? slow(inputs) : quick(), 6_000);
  assert.equal(sizes[19], 64);
  assert.equal(Math.max(...sizes), 512);
});

Deno.test("Batches become small again when inputs become slow", async () => {
  const sizes = await batchesOf(
    (inputs, batch) => batch < 20 ? quick() : slow(inputs),
    9_000,
    2_000,
  );
  assert.deepEqual(sizes.slice(20, 24), [512, 256, 128, 64]);
  assert(sizes.slice(23).every((size) => size <= 64), `batches of ${sizes}`);
});

Deno.test("Batches grow no further where twice as many inputs would take long", async () => {
  const sizes = await batchesOf((inputs) => inputs * 0.9, 3_000);
  assert(sizes.every((size) => size <= 64), `batches of ${sizes}`);
});

Deno.test("Batches do not grow by inputs that come one by one: nobody knows what a crowd of them takes", async () => {
  const sizes = await batchesOf(quick, ...Array(20).fill(1), 1_000);
  assert.deepEqual(sizes.slice(19, 21), [1, 64]);
});

/** The sizes of the batches in which crowds of inputs are taken, one crowd after the other. */
async function batchesOf(
  tookMs: (inputs: number, batch: number) => number,
  ...crowds: number[]
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
  for (const crowd of crowds) {
    for (let n = 0; n < crowd; n++) void batches.submit(input);
    await batches.pumping;
  }
  return sizes;
}
