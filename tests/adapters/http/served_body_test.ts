import assert from "node:assert/strict";
import { servedBody } from "../../../adapters/http/served_body.ts";
import type { Wire } from "../../../adapters/http/wire.ts";

const bytes = Uint8Array.from({ length: 500_000 }, (_, n) => n % 251);

/** A source that says when nobody wants it any more. */
function source(): { stream: ReadableStream<Uint8Array>; state: { isCancelled: boolean } } {
  const state = { isCancelled: false };
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at += 131_072));
    },
    cancel: () => void (state.isCancelled = true),
  }, { highWaterMark: 0 });
  return { stream, state };
}

Deno.test("servedBody() gives every byte in pieces that begin small and are never large", async () => {
  let [taken, ended] = [0, 0];
  const body = servedBody(source().stream, {
    stalledMs: 1_000,
    onTaken: () => void taken++,
    onEnd: () => void ended++,
  });
  const sizes: number[] = [];
  const parts: Uint8Array[] = [];
  for await (const piece of body) {
    sizes.push(piece.length);
    parts.push(piece);
  }
  assert.deepEqual(new Uint8Array(Buffer.concat(parts)), bytes);
  assert.equal(sizes[0], 16_384);
  let given = 0;
  for (const size of sizes) {
    assert.ok(size <= Math.max(16_384, given / 4) && size <= 131_072, `${size} after ${given}`);
    given += size;
  }
  assert.deepEqual([taken, ended], [sizes.length + 1, 1]);
});

Deno.test("servedBody() gives small pieces to a slow peer, however much it has taken", async () => {
  let now = 0;
  const body = servedBody(source().stream, { stalledMs: 1_000, now: () => now });
  let given = 0;
  for await (const { length } of body) {
    // Quick until the middle, then slow.
    const isSlow = given > 250_000;
    if (now > 1_000) assert.ok(length <= 16_384, `${length} after ${given}`);
    now += isSlow ? 1_001 : 1;
    given += length;
  }
  assert.equal(given, bytes.length);
});

Deno.test("servedBody() is cut when nothing is taken for too long, and frees its source", async () => {
  const { stream, state } = source();
  const ends: string[] = [];
  const onEnd = (how: string) => void ends.push(how);
  const reader = servedBody(stream, { stalledMs: 20, onEnd }).getReader();
  await reader.read();
  await assert.rejects(reader.closed, /nothing was taken for 20 ms/);
  assert.deepEqual([state.isCancelled, ends], [true, ["stalled"]]);
});

/** A connection, and how to close it. */
function wireTo(cut: () => void): { wire: Wire; closed: (isWhole: boolean) => void } {
  let onClosed = (_: boolean): void => {};
  const wire = { cut, onClosed: (call: typeof onClosed) => void (onClosed = call), connection: 1 };
  return { wire, closed: (isWhole) => onClosed(isWhole) };
}

Deno.test("servedBody() cuts the connection, also while its last bytes are not taken", async () => {
  const { promise: cut, resolve } = Promise.withResolvers<void>();
  const ends: string[] = [];
  const { wire, closed } = wireTo(resolve);
  const onEnd = (how: string) => void ends.push(how);
  for await (const _ of servedBody(source().stream, { stalledMs: 20, wire, onEnd }));
  assert.deepEqual(ends, []);
  await cut;
  closed(false);
  assert.deepEqual(ends, ["stalled"]);
});

Deno.test("servedBody() ends without a limit running on when its connection took everything", async () => {
  for (const isWhole of [true, false]) {
    const ends: string[] = [];
    let given = 0;
    const { wire, closed } = wireTo(() => assert.fail("was cut"));
    const onEnd = (how: string) => void ends.push(how);
    const onGiven = (bytes: number) => void (given += bytes);
    let taken = 0;
    const body = servedBody(source().stream, { stalledMs: 20, wire, onGiven, onEnd });
    for await (const piece of body) taken += piece.length;
    closed(isWhole);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual([ends, given], [[isWhole ? "complete" : "cut"], taken]);
  }
});

Deno.test("servedBody() is cut when it is told, before or while it is read", async () => {
  const now = servedBody(source().stream, { stalledMs: 1_000, signal: AbortSignal.abort() });
  await assert.rejects(now.getReader().read(), /may not go on/);
  const late = new AbortController();
  const { stream, state } = source();
  const reader = servedBody(stream, { stalledMs: 1_000, signal: late.signal }).getReader();
  await reader.read();
  late.abort();
  await assert.rejects(reader.read(), /may not go on/);
  assert.ok(state.isCancelled);
});

Deno.test("servedBody() waits for a slow peer as long as it needs for what it was given", async () => {
  const { stream, state } = source();
  const limits = { stalledMs: 10, slowestBytesPerS: 200_000 };
  const reader = servedBody(stream, limits).getReader();
  const { value } = await reader.read();
  // 16 KiB take such a peer 82 ms: after 40 ms it may still be reading them.
  assert.equal(value?.length, 16_384);
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.ok(!state.isCancelled);
  await assert.rejects(reader.closed, /nothing was taken for 91 ms/);
});
