import assert from "node:assert/strict";
import { servedBody } from "../../../adapters/http/served_body.ts";
import type { Wire } from "../../../adapters/http/wire.ts";
import type { ImageBytes } from "../../../firmware/mod.ts";

const bytes = Uint8Array.from({ length: 500_000 }, (_, n) => n % 251);

/** A source that says when nobody wants it any more. */
function source(): ImageBytes & { isClosed: boolean } {
  let at = 0;
  return {
    isClosed: false,
    next: (max) => at < bytes.length ? bytes.subarray(at, at += max) : undefined,
    close() {
      this.isClosed = true;
    },
  };
}

/** Pieces of any size are waited for as long as the test says. */
function patient(stalledMs: number, slowestBytesPerS = 1e9) {
  return { limits: { stalledMs, slowestBytesPerS } };
}

Deno.test("servedBody() gives every byte in pieces that begin small and are never large", async () => {
  let [taken, ended] = [0, 0];
  const around = { taken: () => void taken++, end: () => void ended++ };
  const body = servedBody(source(), { ...patient(1_000), around });
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
  const body = servedBody(source(), { ...patient(1_000), now: () => now });
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
  const from = source();
  const ends: string[] = [];
  const end = (how: string) => void ends.push(how);
  const reader = servedBody(from, { ...patient(20), around: { end } }).getReader();
  await reader.read();
  await assert.rejects(reader.closed, /nothing was taken for 20 ms/);
  assert.deepEqual([from.isClosed, ends], [true, ["stalled"]]);
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
  const around = { end: (how: string) => void ends.push(how) };
  for await (const _ of servedBody(source(), { ...patient(20), wire, around }));
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
    const around = {
      end: (how: string) => void ends.push(how),
      given: (bytes: number) => void (given += bytes),
    };
    let taken = 0;
    const body = servedBody(source(), { ...patient(20), wire, around });
    for await (const piece of body) taken += piece.length;
    closed(isWhole);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual([ends, given], [[isWhole ? "complete" : "cut"], taken]);
  }
});

Deno.test("servedBody() is cut when it is told, before or while it is read", async () => {
  const now = servedBody(source(), { ...patient(1_000), around: { refused: new Error("gone") } });
  await assert.rejects(now.getReader().read(), /may not go on/);
  let refuse = () => {};
  const around = { onRefused: (call: () => void) => void (refuse = call) };
  const from = source();
  const reader = servedBody(from, { ...patient(1_000), around }).getReader();
  await reader.read();
  refuse();
  await assert.rejects(reader.read(), /may not go on/);
  assert.ok(from.isClosed);
});

Deno.test("servedBody() waits for a slow peer as long as it needs for what it was given", async () => {
  const from = source();
  const reader = servedBody(from, patient(10, 200_000)).getReader();
  const { value } = await reader.read();
  // 16 KiB take such a peer 82 ms: after 40 ms it may still be reading them.
  assert.equal(value?.length, 16_384);
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.ok(!from.isClosed);
  await assert.rejects(reader.closed, /nothing was taken for 91 ms/);
});
