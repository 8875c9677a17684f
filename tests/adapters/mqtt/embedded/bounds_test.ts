import assert from "node:assert/strict";
import { inHouse, PREFIX, soon, verify } from "./stage.ts";

Deno.test("Broker: a device that never ends its QoS 2 reports is cut", async () => {
  await inHouse(async ({ engine, socket }) => {
    const raw = await socket();
    await raw.enter("a");
    for (let id = 1; id <= 33; id++) raw.publish(`${PREFIX}/a/verify`, verify, id, 0b0100);
    await soon(raw.closed, "the cut");
    assert.ok(engine.inputs.length >= 32);
    const honest = await socket();
    await honest.enter("a");
    for (let id = 1; id <= 40; id++) {
      honest.publish(`${PREFIX}/a/verify`, verify, id, 0b0100);
      assert.deepEqual(await honest.bytes(4), [0x50, 2, 0, id]);
      honest.send(0x62, 2, 0, id);
      assert.deepEqual(await honest.bytes(4), [0x70, 2, 0, id]);
    }
  });
});

Deno.test("Broker: of nine connections of a device the oldest is closed", async () => {
  await inHouse(async ({ broker, engine, socket }) => {
    const other = await socket();
    await other.enter("b");
    const all = [];
    for (let i = 0; i < 8; i++) {
      const raw = await socket();
      await raw.enter("a", `a/${i}`);
      all.push(raw);
    }
    assert.equal(broker.connections, 9);
    const ninth = await socket();
    await ninth.enter("a", "a/9");
    await soon(all[0]!.closed, "the end of the oldest");
    await engine.until(() => engine.events.includes("disconnected a"), "disconnected");
    assert.equal(broker.connections, 9);
    for (const raw of [...all.slice(1), ninth, other]) {
      raw.send(0xc0, 0);
      assert.deepEqual(await raw.bytes(2), [0xd0, 0]);
    }
  });
});

Deno.test("Broker: a device that is revoked while it logs in does not come in", async () => {
  const { promise: decided, resolve: decide } = Promise.withResolvers<boolean>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  await inHouse(async ({ broker, engine, socket }) => {
    const raw = await socket();
    raw.login("a");
    await soon(asked, "the login");
    // The token was valid when it was looked up; the revocation's cut comes before the answer.
    broker.disconnect("a");
    decide(true);
    assert.deepEqual(await raw.bytes(4), [0x20, 2, 0, 5]);
    await soon(raw.closed, "the cut");
    assert.deepEqual(engine.events, []);
  }, { authenticate: () => (onAsked(), decided) });
});

Deno.test("Broker: a device that is revoked before its CONNACK does not stay", async () => {
  for (const turns of [0, 1, 2, 3, 4, 5, 10]) await revokedAfter(turns);
});

/** So many turns after its token was found good, a device is revoked. */
async function revokedAfter(turns: number): Promise<void> {
  let revoke = () => {};
  const soonAfter = async () => {
    for (let turn = 0; turn < turns; turn++) await null;
    revoke();
  };
  await inHouse(async ({ broker, engine, socket }) => {
    revoke = () => broker.disconnect("a");
    const raw = await socket();
    raw.login("a");
    await soon(raw.closed, "the cut");
    assert.ok(!engine.events.includes("connected a"));
    assert.equal(broker.connections, 0);
  }, { authenticate: () => (queueMicrotask(() => void soonAfter()), Promise.resolve(true)) });
}
