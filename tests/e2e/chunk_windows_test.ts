/** How much is on its way to a device at once, by which connection, and what it is given again. */
import assert from "node:assert/strict";
import {
  CHUNK,
  hearsPart,
  nextOf,
  offered,
  partsFrom,
  SIZE,
  transfersOf,
  wired,
} from "./chunk_stage.ts";
import { PUBACK, WireDevice } from "./wire_device.ts";
import type { Told } from "./wire_device.ts";

Deno.test("an ask for more than a device takes is refused as rate_limited, and what it may have comes", async () => {
  await offered(async (stage) => {
    const { id, image } = stage;
    await using device = await wired(stage);
    device.confirms = false;
    const told: Told[] = [];
    // As many as go at once; as many as may wait behind them; and more.
    for (const [n, from] of [0, 32, 64, 96, 128].entries()) {
      const parts = partsFrom(from * 256, 256).slice(0, 32);
      device.send(device.report("chunk/request", { task_id: id, parts }, { packet: n + 1 }));
      await device.acknowledged(PUBACK, n + 1);
      while (n < 2 && told.length < from + 32) told.push(await nextOf(device));
    }
    const { topic, payload } = await nextOf(device);
    assert.equal(topic, "/ota/pump-7/rejected");
    assert.equal((payload as { code: string }).code, "rate_limited");
    device.confirms = true;
    device.confirm(66);
    while (told.length < 128) told.push(await nextOf(device));
    assert.deepEqual(
      told.map(({ topic }) => topic),
      partsFrom(0, 256).slice(0, 128).map(([start]) => `/ota/pump-7/chunk/${id}/${start}`),
    );
    for (const [n, { payload }] of told.entries()) {
      assert.ok(Buffer.from(image.subarray(n * 256, (n + 1) * 256)).equals(payload as Uint8Array));
    }
    await device.ping();
    assert.deepEqual(device.told, []);
  });
});

Deno.test("an ask that was acknowledged and comes again is given its bytes again: they were lost", async () => {
  await offered(async (stage) => {
    const { id } = stage;
    const ask = { task_id: id, parts: partsFrom(0).slice(0, 2) };
    await using device = await wired(stage);
    device.confirms = false;
    device.send(device.report("chunk/request", ask, { packet: 9 }));
    await device.acknowledged(PUBACK, 9);
    await device.cut();
    await using again = await wired(stage);
    again.send(again.report("chunk/request", ask, { packet: 9, dup: true }));
    await again.acknowledged(PUBACK, 9);
    const told = [await nextOf(again), await nextOf(again)];
    assert.deepEqual(told.map(({ topic }) => topic.split("/").at(-1)), ["0", "65536"]);
    // While they are on their way they are not given again, whatever is sent again.
    again.confirms = false;
    for (const packet of [10, 10, 10]) {
      again.send(
        again.report("chunk/request", { ...ask, parts: [[0, 256]] }, { packet, dup: true }),
      );
      await again.acknowledged(PUBACK, packet);
    }
    await again.ping();
    await again.ping();
    assert.deepEqual(again.told.map(({ topic }) => topic), [`/ota/pump-7/chunk/${id}/0`]);
  });
});

Deno.test("a device that confirms nothing is sent no more than its window, and then goes on", async () => {
  await offered(async (stage) => {
    const { id, device } = stage;
    await using wire = await wired(stage);
    wire.confirms = false;
    wire.send(wire.report("chunk/request", { task_id: id, parts: partsFrom(0) }, { packet: 1 }));
    await wire.acknowledged(PUBACK, 1);
    const offsets: number[] = [];
    const hears = async (count: number) => {
      for (let n = 0; n < count; n++) {
        const { topic, payload } = await nextOf(wire);
        offsets.push(Number(topic.split("/").at(-1)));
        assert.ok((payload as Uint8Array).length > 0);
      }
    };
    await hears(4);
    for (let n = 0; n < 5; n++) await wire.ping();
    assert.deepEqual([offsets, wire.told], [[0, 1, 2, 3].map((n) => n * CHUNK), []]);
    wire.confirm(1);
    await hears(1);
    assert.equal(offsets.at(-1), 4 * CHUNK);
    wire.confirms = true;
    wire.confirm(4);
    // Another connection of the device heard nothing of it.
    assert.deepEqual(device.unheard, []);
  });
});

Deno.test("a device with QoS 0 gets its bytes, and its window is what the connection takes", async () => {
  await offered(async (stage) => {
    const { id, image } = stage;
    await using wire = await wired(stage, 0);
    wire.send(
      wire.report("chunk/request", { task_id: id, parts: partsFrom(0, 10_000) }, { packet: 1 }),
    );
    await wire.acknowledged(PUBACK, 1);
    for (const [start, length] of partsFrom(0, 10_000)) {
      const { topic, payload } = await nextOf(wire);
      assert.equal(topic, `/ota/pump-7/chunk/${id}/${start}`);
      assert.ok(Buffer.from(image.subarray(start, start + length)).equals(payload as Uint8Array));
    }
  });
});

Deno.test("a device may ask by one connection and be given its bytes by another", async () => {
  await offered(async (stage) => {
    const { token, id, house } = stage;
    for (const [n, part] of partsFrom(0).entries()) {
      const login = { url: house.mqttUrl, id: "pump-7", token, clientId: `pump-7/say` };
      await using speaking = await WireDevice.open(login);
      await speaking.next(2);
      const [offset, length] = part;
      speaking.send(
        speaking.report("chunk/request", { task_id: id, offset, length }, { packet: n + 1 }),
      );
      await speaking.acknowledged(PUBACK, n + 1);
      await hearsPart(stage, part);
    }
    assert.deepEqual(await transfersOf(stage, id), [
      { bytes: SIZE, requests: 5, repeated: 0, cuts: 0 },
    ]);
  });
});

Deno.test("bytes on their way do not keep an engine from stopping", async () => {
  for (const confirms of [true, false]) {
    await offered(async (stage) => {
      const { id, house } = stage;
      const wire = await wired(stage);
      wire.confirms = confirms;
      for (let packet = 1; packet < 9; packet++) {
        const parts = partsFrom(0, 10_000 + packet);
        wire.send(
          wire.report("chunk/request", { task_id: id, parts: parts.slice(0, 30) }, { packet }),
        );
      }
      await wire.nextTold();
      await house.close();
      await wire.closed;
    });
  }
});
