/** How many inputs one transaction takes. */
import assert from "node:assert/strict";
import { Batches } from "../../core/engine/batches.ts";
import type { Clock } from "../../core/engine/ports.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";

const clock: Clock = {
  wall: () => 0,
  monotonic: () => 0,
  soon: (call) => queueMicrotask(call),
  after: () => () => {},
};

Deno.test("Batches share a commit among hundreds of inputs, and take what is left in its order", async () => {
  const taken: string[][] = [];
  const batches = new Batches(clock, (batch) => {
    const some = batch.slice(0, taken.length === 1 ? 3 : batch.length);
    taken.push(some.map(({ input }) => (input as { device: string }).device));
    return Promise.resolve(some.length);
  });
  const all = Array.from({ length: 1_200 }, (_, n) => `lock-${n}`);
  for (const device of all) void batches.submit({ kind: "contact", device, contact: "gone" });
  await batches.pumping;
  assert.deepEqual(taken.map(({ length }) => length), [512, 3, 512, 173]);
  assert.deepEqual(taken.flat(), all);
});

const registers = { type: "registerDevice", tokenSha512: ANY_SHA512 } as const;

/** Registers so many devices at once, each in `ms` of deciding and `commitMs` for each commit. */
async function registered(b: Bench, count: number, ms: number, commitMs = 0): Promise<number[]> {
  const { device, append } = b.store;
  const sizes: number[] = [];
  b.store.device = (id) => (b.clock.stall(ms), device.call(b.store, id));
  b.store.append = (writes) => {
    b.clock.stall(commitMs);
    sizes.push(writes.length);
    return append.call(b.store, writes);
  };
  const answers = await Promise.all(
    Array.from(
      { length: count },
      (_, n) =>
        b.command({ ...registers, device: `lock-${n}`, tokenSha256: `${n}`.padStart(64, "0") }),
    ),
  );
  assert.ok(answers.every(({ ok }) => ok));
  return sizes;
}

Deno.test("Engine: a transaction takes no more after fifty milliseconds of deciding", async () => {
  const sizes = await registered(await bench(), 100, 4);
  assert.deepEqual(sizes, [13, 13, 13, 13, 13, 13, 13, 9]);
});

Deno.test("Engine: an input that takes long is taken alone, and not left out", async () => {
  assert.deepEqual(await registered(await bench(), 3, 400), [1, 1, 1]);
});

Deno.test("Engine: an input that makes it fail is refused alone, and all beside it are answered", async () => {
  const b = await bench();
  const { device } = b.store;
  b.store.device = (id) => {
    b.clock.stall(20);
    if (id === "lock-1") throw new TypeError("a bug");
    return device.call(b.store, id);
  };
  const answers = await Promise.all(["lock-0", "lock-1", "lock-2", "lock-3", "lock-4"].map(
    (device) => b.command({ ...registers, device, tokenSha256: device.padEnd(64, "0") }),
  ));
  assert.deepEqual(answers.map((answer) => answer.ok || answer.problem.status), [
    true,
    500,
    true,
    true,
    true,
  ]);
});

Deno.test("Engine: a disk that syncs slowly is no reason for small transactions", async () => {
  assert.deepEqual(await registered(await bench(), 700, 0, 200), [512, 188]);
});
