/** How long what is written to a device may take. */
import assert from "node:assert/strict";
import { Patience } from "../../../../adapters/mqtt/embedded/patience.ts";
import { soon } from "./stage.ts";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("Patience ends once, when nothing was taken for so long", async () => {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let ends = 0;
  const started = performance.now();
  const patience = new Patience(50, () => (ends++, resolve()));
  patience.begin(0);
  await soon(over, "the end");
  const ms = performance.now() - started;
  assert.ok(ms >= 45, `${ms} ms`);
  await pause(120);
  assert.equal(ends, 1);
  patience.close();
});

Deno.test("Patience begins anew with each write, and never ends while nothing is written", async () => {
  let ends = 0;
  const patience = new Patience(500, () => void ends++);
  for (let n = 0; n < 8; n++) {
    patience.begin(0);
    await pause(80);
    patience.end();
  }
  await pause(600);
  assert.equal(ends, 0);
  patience.begin(0);
  await pause(800);
  assert.equal(ends, 1);
  patience.close();
});

Deno.test("Patience waits longer for more bytes, as long as a slow device needs for them", async () => {
  const started = performance.now();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const patience = new Patience(100, resolve);
  patience.begin(1_024);
  await soon(over, "the end");
  const ms = performance.now() - started;
  assert.ok(ms >= 595, `${ms} ms for what takes 500 ms at 2 KiB/s`);
  patience.close();
});

Deno.test("Patience that is closed never ends", async () => {
  let ends = 0;
  const patience = new Patience(20, () => void ends++);
  patience.begin(0);
  patience.close();
  await pause(60);
  assert.equal(ends, 0);
});

Deno.test("Patience with a few bytes is not that with the many before them", async () => {
  const started = performance.now();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const patience = new Patience(50, resolve);
  patience.begin(100_000);
  patience.end();
  patience.begin(0);
  await soon(over, "the end");
  const ms = performance.now() - started;
  assert.ok(ms < 5_000, `${ms} ms`);
  patience.close();
});
