/** A device that takes its image so slowly that nothing shows for longer than others are waited for. */
import assert from "node:assert/strict";
import { GONE_AFTER_MS } from "../../core/mod.ts";
import { activeTask } from "../../core/device/queue.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { IMAGE } from "./support/given.ts";

async function fetching(): Promise<Bench> {
  const b = await bench();
  await b.upgrade("pump-7");
  await b.report("pump-7", "request", {});
  const range = {
    from: 0,
    connection: 1,
    sent: 10,
    sentAt: b.engine.now(),
    state: "open",
  } as const;
  b.engine.heard("pump-7");
  await b.engine.submit({ kind: "artifact", device: "pump-7", sha256: IMAGE.slice(7), range });
  return b;
}

async function state(b: Bench): Promise<string | undefined> {
  return activeTask((await b.store.device("pump-7"))!.device.tasks)?.state;
}

Deno.test("Engine calls no device gone while it is being given bytes, and soon when it is given up", async () => {
  const b = await fetching();
  b.giving = "pump-7";
  await b.clock.pass(5 * GONE_AFTER_MS);
  assert.equal(await state(b), "downloading");
  b.giving = undefined;
  await b.clock.pass(GONE_AFTER_MS);
  assert.equal(await state(b), "paused");
});

Deno.test("Engine calls a device gone that is silent and is given nothing", async () => {
  const b = await fetching();
  await b.clock.pass(GONE_AFTER_MS - 1);
  assert.equal(await state(b), "downloading");
  await b.clock.pass(1);
  assert.equal(await state(b), "paused");
});
