import assert from "node:assert/strict";
import { inHouse, PREFIX, verify } from "./stage.ts";

Deno.test("Broker: a repeat gets the messages that the first got", async () => {
  await inHouse(async ({ engine, socket }) => {
    const idle = { ask_again_seconds: 60 };
    const rejected = { code: "no_task", reason: "no_task" } as const;
    engine.answer = {
      ok: true,
      messages: [{ kind: "rejected", payload: rejected }, { kind: "idle", payload: idle }],
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
