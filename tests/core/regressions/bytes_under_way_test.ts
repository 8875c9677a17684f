/**
 * Found by seeds 144, 140, 2 and 116 of the simulator (I21, L4, I20): a part that was asked for again while
 * it was read was sent twice; one that could not be read took up room for ever; and something was said of
 * a task while nobody knew what is on record, or after it had ended.
 */
import assert from "node:assert/strict";
import type { Wanted } from "../../../core/device/asked.ts";
import { activeTask } from "../../../core/device/queue.ts";
import type { Device } from "../../../core/device/state.ts";
import { ChunkFlow } from "../../../core/engine/chunk_flow.ts";
import { Transfers } from "../../../core/engine/transfers.ts";
import type { OutboundChunk } from "../../../core/engine/mod.ts";
import { bench, settle } from "../support/bench_engine.ts";
import { SIZE } from "../support/given.ts";
import { listen, order, PUMP } from "../support/stories.ts";

/** A device with an offer, and what it is given of it; reads end when the story says so. */
async function stage() {
  const b = await bench();
  await order(b);
  await listen(b);
  const device = b.store.devices.get(PUMP)!;
  const task = activeTask(device.tasks)!;
  const state: { device: Device | undefined } = { device };
  const reads: PromiseWithResolvers<Uint8Array>[] = [];
  const digestReads: PromiseWithResolvers<readonly string[]>[] = [];
  const chunks: OutboundChunk[] = [];
  const told: string[] = [];
  const faults: unknown[] = [];
  const flow = new ChunkFlow({
    images: {
      read: () => {
        reads.push(Promise.withResolvers());
        return reads.at(-1)!.promise;
      },
      chunkDigests: () => {
        digestReads.push(Promise.withResolvers());
        return digestReads.at(-1)!.promise;
      },
    },
    outbox: {
      send: ({ message: { kind } }) => void told.push(kind),
      sendChunk: (chunk) => void chunks.push(chunk),
    },
    transfers: new Transfers(),
    watch: { arrived: () => {} },
    onGiven: () => {},
    now: () => b.engine.now(),
    device: () => Promise.resolve(state.device),
    onFault: (error) => void faults.push(error),
  });
  const want = async (...wanted: Wanted[]) => {
    flow.want(PUMP, { task, wanted });
    await settle();
  };
  const read = async (bytes = new Uint8Array(1)) => {
    reads.shift()?.resolve(bytes);
    await settle();
  };
  return { state, reads, digestReads, chunks, told, faults, want, read };
}

const part = (start: number, end: number): Wanted => ({ kind: "part", start, end });

Deno.test("ChunkFlow sends a part once that is asked for again while it is read, or twice at once", async () => {
  const { reads, chunks, want, read } = await stage();
  await want(part(0, 256), part(256, 512), part(256, 512));
  await want(part(0, 256));
  while (reads.length > 0) await read();
  assert.deepEqual(chunks.map(({ offset }) => offset), [0, 256]);
  chunks[0]!.done("passed");
  await want(part(0, 256), part(256, 512));
  while (reads.length > 0) await read();
  assert.deepEqual(chunks.map(({ offset }) => offset), [0, 256, 0]);
});

Deno.test("ChunkFlow gives back the room of parts that could not be read", async () => {
  const { reads, chunks, faults, want, read } = await stage();
  for (let nth = 0; nth < 3; nth++) {
    await want(part(0, SIZE), part(256, 512));
    reads.shift()!.reject(new Error("The disk failed."));
    await settle();
  }
  assert.deepEqual([faults.length, reads.length], [3, 0]);
  await want(part(0, SIZE), part(256, SIZE));
  while (reads.length > 0) await read();
  assert.deepEqual(chunks.map(({ offset }) => offset), [0, 256], "side by side");
});

Deno.test("ChunkFlow says and gives nothing while nobody knows what is on record", async () => {
  const { state, chunks, told, want, read } = await stage();
  await want(part(0, 256), part(256, 512));
  await read();
  const { device } = state;
  state.device = undefined;
  chunks[0]!.done("unheard");
  await read();
  assert.deepEqual([told, chunks.length], [[], 1]);
  state.device = device;
  await want(part(0, 256));
  await read();
  chunks[1]!.done("unheard");
  await settle();
  assert.deepEqual(told, ["rejected"]);
});

Deno.test("ChunkFlow gives no digests of a task that ended while they were read", async () => {
  for (const ends of [true, false]) {
    const { state, digestReads, told, want } = await stage();
    await want({ kind: "digests", from: 0, count: 1, chunkBytes: 65_536 });
    if (ends) state.device = { ...state.device!, tasks: [] };
    digestReads[0]!.resolve(["5a".repeat(32)]);
    await settle();
    assert.deepEqual(told, ends ? [] : ["chunks"]);
  }
});
