import assert from "node:assert/strict";
import { inHouse, PREFIX, verify } from "./stage.ts";

Deno.test("Broker: a repeat gets the messages that the first got", async () => {
  await inHouse(async ({ engine, socket }) => {
    const idle = { ask_again_seconds: 60 };
    const rejected = { code: "no_task", reason: "no_task" } as const;
    engine.answer = {
      ok: true,
      messages: [
        { device: "a", message: { kind: "rejected", payload: rejected } },
        { device: "a", message: { kind: "idle", payload: idle } },
      ],
    };
    const first = await socket();
    await first.enter("a");
    first.publish(`${PREFIX}/a/verify`, verify, 7);
    // The recorder hands nothing to the outbox: what comes later is the repeat's answer alone.
    assert.deepEqual(await first.bytes(4), [0x40, 2, 0, 7]);
    first.close();
    const again = await socket();
    await again.enter("a");
    await again.subscribe(`${PREFIX}/a/#`, 0);
    again.publish(`${PREFIX}/a/verify`, verify, 7, 0b1010);
    const acked = again.bytes(4);
    assert.deepEqual(await acked, [0x40, 2, 0, 7]);
    assert.deepEqual(await again.hears(), ["rejected", rejected]);
    assert.deepEqual(await again.hears(), ["idle", idle]);
    assert.equal(engine.inputs.length, 1);
  });
});

Deno.test("Broker: the engine is given the same key for a packet that comes again after a restart", async () => {
  const given: unknown[] = [];
  // Nothing of the first broker is left when the second one hears the packet again, then another.
  for (const packets of [[[7, 0b0010]], [[7, 0b1010], [8, 0b0010]]] as const) {
    await inHouse(async ({ engine, socket }) => {
      const device = await socket();
      await device.enter("a");
      for (const [id, flags] of packets) {
        device.publish(`${PREFIX}/a/verify`, verify, id, flags);
        assert.deepEqual(await device.bytes(4), [0x40, 2, 0, id]);
      }
      for (const input of engine.inputs) given.push(input.kind === "report" && input.packet);
    });
  }
  const [first, again, other] = given as { key: string; isRepeat: boolean }[];
  assert.match(first!.key, /^[0-9a-f]{16}$/);
  assert.deepEqual(again, { key: first!.key, isRepeat: true });
  assert.notEqual(other!.key, first!.key);
});
