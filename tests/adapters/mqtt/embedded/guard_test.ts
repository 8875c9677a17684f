import assert from "node:assert/strict";
import { connectPacket, inHouse, PREFIX, publishPacket, soon } from "./stage.ts";

const PUBACK_1 = [0x40, 2, 0, 1];
const large = JSON.stringify({ received: 5 }).padEnd(60_000);

Deno.test("Guard: large reports do not keep the next one from being read", async () => {
  await inHouse(async ({ engine, socket }) => {
    for (const flags of [0b0000, 0b0010]) {
      const raw = await socket();
      await raw.enter("a");
      for (let id = 2; id < 7; id++) raw.publish(`${PREFIX}/a/progress`, large, id, flags);
      raw.publish(`${PREFIX}/a/progress`, "5", 1);
      if (flags > 0) await raw.bytes(5 * 4);
      assert.deepEqual(await raw.bytes(4), PUBACK_1);
    }
    assert.equal(engine.inputs.length, 12);
  });
});

Deno.test("Guard: reports right behind the CONNECT wait for the login, whatever their size", async () => {
  const { promise: decided, resolve: decide } = Promise.withResolvers<boolean>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  await inHouse(async ({ engine, socket }) => {
    const raw = await socket();
    const topic = `${PREFIX}/a/progress`;
    const small = Array.from(
      { length: 100 },
      (_, i) => publishPacket(topic, `${i}`, i + 2, 0b0010),
    );
    raw.send(connectPacket("a"), ...small, publishPacket(topic, large, 1, 0b0010));
    await soon(asked, "the login");
    raw.send(publishPacket(topic, large, 200, 0b0010), publishPacket(topic, large, 201, 0b0010));
    assert.deepEqual([engine.inputs, raw.received], [[], []]);
    decide(true);
    assert.deepEqual(await raw.bytes(4), [0x20, 2, 0, 0]);
    const acked = (await raw.bytes(103 * 4)).filter((_, i) => i % 4 === 3);
    assert.deepEqual(acked, [...Array.from({ length: 100 }, (_, i) => i + 2), 1, 200, 201]);
    assert.equal(engine.inputs.length, 103);
  }, { authenticate: () => (onAsked(), decided) });
});

Deno.test("Guard: nothing behind a CONNECT that is refused is acted on", async () => {
  await inHouse(async ({ engine, socket }) => {
    const raw = await socket();
    raw.send(connectPacket("a"), publishPacket(`${PREFIX}/a/progress`, "5", 1, 0b0010));
    assert.deepEqual(await raw.bytes(4), [0x20, 2, 0, 5]);
    await soon(raw.closed, "the cut");
    assert.deepEqual([engine.inputs, engine.events], [[], []]);
  }, { authenticate: () => Promise.resolve(false) });
});

Deno.test("Guard: who does not come in within the limit is cut, silent or waiting", async () => {
  const never = new Promise<boolean>(() => {});
  await inHouse(async ({ socket }) => {
    const silent = await socket();
    const half = await socket();
    half.send(connectPacket("a").subarray(0, 9));
    const waiting = await socket();
    waiting.send(connectPacket("a"), publishPacket(`${PREFIX}/a/progress`, large, 1, 0b0010));
    for (const raw of [silent, half, waiting]) await soon(raw.closed, "the cut");
  }, { authenticate: () => never, loginMs: 50 });
});
