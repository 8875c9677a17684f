import assert from "node:assert/strict";
import type { IClientOptions } from "mqtt";
import { createBroker } from "../../../../adapters/mqtt/mod.ts";
import { gone, inHouse, PREFIX, soon, verify } from "./stage.ts";

Deno.test("Broker: a login needs the device's own id, token and client id", async () => {
  await inHouse(async ({ connect }) => {
    await connect("a");
    await connect("a", { clientId: "a/second" });
    const refused: [string, IClientOptions, number][] = [
      ["a", { password: "wrong", clientId: "a/x" }, 5],
      ["nobody", { clientId: "nobody" }, 5],
      ["a", { clientId: "b" }, 2],
      ["a", { clientId: "ab" }, 2],
      ["b", { clientId: "a/third" }, 2],
      ["", {}, 5],
    ];
    for (const [device, options, code] of refused) {
      await assert.rejects(
        connect(device, options),
        (error: { code: number }) => error.code === code,
      );
    }
  });
});

Deno.test("Broker: PUBACK comes after the engine's answer, and in the order of the reports", async () => {
  await inHouse(async ({ engine, socket }) => {
    const raw = await socket();
    raw.login("a");
    assert.deepEqual(await raw.bytes(4), [0x20, 2, 0, 0]);
    engine.hold = true;
    for (let id = 1; id <= 100; id++) raw.publish(`${PREFIX}/a/progress`, String(id % 100), id);
    await engine.until(() => engine.waiting.length === 100, "100 reports");
    assert.deepEqual(raw.received, []);
    const percents = engine.inputs.map((i) =>
      i.kind === "report" && "body" in i.parsed && i.parsed.kind === "progress"
        ? i.parsed.body.percent
        : -1
    );
    assert.deepEqual(percents, Array.from({ length: 100 }, (_, i) => (i + 1) % 100));
    for (const answer of engine.waiting) answer({ ok: true, messages: [] });
    const acks = await raw.bytes(400);
    assert.deepEqual(
      acks.filter((_, i) => i % 4 === 3),
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });
});

Deno.test("Broker: a report the engine could not keep is not acknowledged; the device is cut", async () => {
  await inHouse(async ({ engine, socket }) => {
    const problem = { status: 503, title: "Not available now", detail: "full" } as const;
    engine.answer = { ok: false, problem };
    const raw = await socket();
    raw.login("a");
    await raw.bytes(4);
    raw.publish(`${PREFIX}/a/verify`, verify, 7);
    await soon(raw.closed, "the cut");
    assert.deepEqual(raw.received, []);
    engine.answer = { ok: true, messages: [] };
    const again = await socket();
    again.login("a");
    await again.bytes(4);
    again.publish(`${PREFIX}/a/verify`, verify, 7, 0b1010);
    assert.deepEqual(await again.bytes(4), [0x40, 2, 0, 7]);
    assert.equal(engine.inputs.length, 2);
  });
});

Deno.test("Broker: a DUP of a packet that was taken is acknowledged and not taken again", async () => {
  await inHouse(async ({ engine, socket }) => {
    const raw = await socket();
    raw.login("a");
    await raw.bytes(4);
    raw.publish(`${PREFIX}/a/verify`, verify, 7);
    await raw.bytes(4);
    raw.publish(`${PREFIX}/a/verify`, verify, 7, 0b1010);
    assert.deepEqual(await raw.bytes(4), [0x40, 2, 0, 7]);
    raw.close();
    const again = await socket();
    again.login("a");
    await again.bytes(4);
    again.publish(`${PREFIX}/a/verify`, verify, 7, 0b1010);
    assert.deepEqual(await again.bytes(4), [0x40, 2, 0, 7]);
    assert.equal(engine.inputs.length, 1);
    // The same packet id without DUP is a new report; so is another payload.
    again.publish(`${PREFIX}/a/verify`, verify, 7);
    await again.bytes(4);
    again.publish(`${PREFIX}/a/verify`, "{}", 7, 0b1010);
    await again.bytes(4);
    assert.equal(engine.inputs.length, 3);
  });
});

Deno.test("Broker: a QoS 2 report that is sent twice is taken once", async () => {
  await inHouse(async ({ engine, socket }) => {
    const raw = await socket();
    raw.login("a");
    await raw.bytes(4);
    raw.publish(`${PREFIX}/a/verify`, verify, 9, 0b0100);
    assert.deepEqual(await raw.bytes(4), [0x50, 2, 0, 9]);
    raw.publish(`${PREFIX}/a/verify`, verify, 9, 0b1100);
    assert.deepEqual(await raw.bytes(4), [0x50, 2, 0, 9]);
    raw.send(0x62, 2, 0, 9);
    assert.deepEqual(await raw.bytes(4), [0x70, 2, 0, 9]);
    assert.equal(engine.inputs.length, 1);
  });
});

Deno.test("Broker: a refused PUBLISH is never acted on and cuts the connection", async () => {
  await inHouse(async ({ engine, connect }) => {
    const topics = [
      `${PREFIX}/b/verify`,
      `${PREFIX}/a/metadata`,
      `${PREFIX}/a/verify/x`,
      `${PREFIX}/a`,
      "ota/a/verify",
      "$SYS/x",
    ];
    for (const topic of topics) {
      const client = await connect("a");
      const cut = gone(client);
      client.publish(topic, verify, { qos: 1 });
      await cut;
    }
    const retains = await connect("a");
    const cut = gone(retains);
    retains.publish(`${PREFIX}/a/verify`, verify, { qos: 1, retain: true });
    await cut;
    assert.deepEqual(engine.inputs, []);
  });
});

Deno.test("Broker: a device subscribes to its own topics and to nothing else", async () => {
  await inHouse(async ({ connect }) => {
    const client = await connect("a");
    const granted = async (filter: string) => {
      const [grant] = await client.subscribeAsync(filter, { qos: 2 })
        .catch(() => [{ qos: 128 }]);
      return grant?.qos;
    };
    for (const own of [`${PREFIX}/a/#`, `${PREFIX}/a/metadata`, `${PREFIX}/a/+`]) {
      assert.equal(await granted(own), 2, own);
    }
    const foreign = ["#", "+/#", "$SYS/#", `${PREFIX}/#`, `${PREFIX}/+/metadata`, `${PREFIX}/b/#`];
    for (const filter of [...foreign, `${PREFIX}/a`, `$share/g${PREFIX}/a/#`]) {
      assert.equal(await granted(filter), 128, filter);
    }
    for (let i = 0; i < 13; i++) assert.equal(await granted(`${PREFIX}/a/${i}`), 2);
    assert.equal(await granted(`${PREFIX}/a/one-too-many`), 128);
    assert.equal(await granted(`${PREFIX}/a/metadata`), 2, "it has this one already");
  });
});

Deno.test("Broker: reports reach no device, not even their own", async () => {
  await inHouse(async ({ broker, engine, connect }) => {
    const client = await connect("a");
    const heard: string[] = [];
    client.on("message", (topic) => heard.push(topic));
    await client.subscribeAsync(`${PREFIX}/a/#`, { qos: 1 });
    await client.publishAsync(`${PREFIX}/a/verify`, verify, { qos: 1 });
    broker.send({ device: "a", message: { kind: "idle", payload: { ask_again_seconds: 1 } } });
    await soon(new Promise((resolve) => client.once("message", resolve)), "idle");
    assert.deepEqual(heard, [`${PREFIX}/a/idle`]);
    assert.equal(engine.inputs.length, 1);
  });
});

Deno.test("Broker: an owed message is delivered when the device itself confirms it, never at QoS 0", async () => {
  for (const qos of [0, 1, 2] as const) {
    await inHouse(async ({ broker, engine, connect }) => {
      const client = await connect("a");
      await client.subscribeAsync(`${PREFIX}/a/#`, { qos });
      const payload = { task_id: "OTA_20230801_001", version: "2" };
      const owed = { task: payload.task_id, kind: "success", attempt: 3 } as const;
      const idle = { kind: "idle", payload: { ask_again_seconds: 1 } } as const;
      broker.send({ device: "a", message: idle });
      broker.send({ device: "a", message: { kind: "success", payload }, owed });
      broker.send({ device: "b", message: { kind: "success", payload }, owed });
      await soon(
        new Promise<void>((resolve) =>
          client.on("message", (topic, _, packet) => {
            if (!topic.endsWith("success")) return;
            assert.equal(packet.qos, qos);
            resolve();
          })
        ),
        "success",
      );
      await client.publishAsync(`${PREFIX}/a/request`, "", { qos: 1 });
      if (qos > 0) await engine.until(() => engine.inputs.length === 2, "the confirmation");
      const delivered = engine.inputs.filter((input) => input.kind === "delivered");
      const { task, kind: message, attempt } = owed;
      assert.deepEqual(
        delivered,
        qos === 0 ? [] : [{ kind: "delivered", device: "a", task, message, attempt }],
      );
    });
  }
});

Deno.test("Broker: tells who is connected, who listens, and who is gone", async () => {
  await inHouse(async ({ broker, engine, connect }) => {
    const client = await connect("a");
    await client.subscribeAsync(`${PREFIX}/a/status`);
    await client.subscribeAsync(`${PREFIX}/a/metadata`, { qos: 1 });
    await client.unsubscribeAsync(`${PREFIX}/a/metadata`);
    const cut = gone(client);
    broker.disconnect("a");
    await cut;
    await engine.until(() => engine.events.includes("disconnected a"), "disconnected");
    assert.deepEqual(engine.events, [
      "connected a",
      "listening a false",
      "listening a true",
      "listening a false",
      "disconnected a",
    ]);
    assert.equal(broker.connections, 0);
  });
});

Deno.test("Broker: of two connections with one client id the newer stays", async () => {
  await inHouse(async ({ broker, engine, connect }) => {
    const old = await connect("a");
    const cut = gone(old);
    const young = await connect("a");
    await cut;
    await engine.until(() => engine.events.includes("disconnected a"), "disconnected");
    await young.publishAsync(`${PREFIX}/a/request`, "", { qos: 1 });
    assert.equal(broker.connections, 1);
  });
});

Deno.test("Broker: a will on own topics is dropped, on any other it refuses the login", async () => {
  await inHouse(async ({ engine, socket }) => {
    const own = await socket();
    own.login("a", `${PREFIX}/a/verify`);
    assert.deepEqual(await own.bytes(4), [0x20, 2, 0, 0]);
    own.close();
    await engine.until(() => engine.events.includes("disconnected a"), "disconnected");
    for (const topic of [`${PREFIX}/b/verify`, `${PREFIX}/a`, "x"]) {
      const foreign = await socket();
      foreign.login("a", topic);
      assert.deepEqual(await foreign.bytes(4), [0x20, 2, 0, 5]);
      await soon(foreign.closed, "the cut");
    }
    assert.deepEqual(engine.inputs, []);
  });
});

Deno.test("Broker: a packet that is too large is cut when its length is known", async () => {
  await inHouse(async ({ engine, socket }) => {
    const anonymous = await socket();
    anonymous.send(0x10, 0xff, 0xff, 0xff, 0x7f);
    await soon(anonymous.closed, "the cut of a large CONNECT");
    const raw = await socket();
    raw.login("a");
    await raw.bytes(4);
    // 256 MB are declared; two bytes of them are sent.
    raw.send(0x32, 0xff, 0xff, 0xff, 0x7f, 0, 9);
    await soon(raw.closed, "the cut of a large PUBLISH");
    const just = await socket();
    just.login("a");
    await just.bytes(4);
    const topic = new TextEncoder().encode(`${PREFIX}/a/verify`);
    const length = 2 + topic.length + 2 + 65_537;
    just.send(0x32, length & 127 | 128, length >> 7 & 127 | 128, length >> 14);
    just.send(0, topic.length, topic, 0, 1, new Uint8Array(65_537));
    await soon(just.closed, "the cut of a payload one byte too long");
    assert.deepEqual(engine.inputs, []);
  });
});

Deno.test("Broker: garbage ends the connection and nothing else", async () => {
  await inHouse(async ({ engine, connect, socket }) => {
    const honest = await connect("a");
    for (let i = 0; i < 50; i++) {
      const raw = await socket();
      if (i % 2) raw.login("b");
      // Random bytes may begin a packet that never ends: those connections we close ourselves.
      if (i % 3 === 0) raw.send(0xff, 0xff, 0xff, 0xff, 0xff);
      raw.send(crypto.getRandomValues(new Uint8Array(64)));
      if (i % 3 === 0) await soon(raw.closed, "the end of garbage");
      else raw.close();
    }
    await honest.publishAsync(`${PREFIX}/a/request`, "", { qos: 1 });
    assert.equal(engine.inputs.at(-1)?.kind, "report");
  });
});

Deno.test("Broker.listen() says what to do when the port is in use", async () => {
  await inHouse(async ({ port, engine }) => {
    const other = createBroker({
      host: "127.0.0.1",
      port,
      prefix: PREFIX,
      authenticate: () => Promise.resolve(false),
    });
    await assert.rejects(other.listen(engine), {
      message:
        `Cannot listen on 127.0.0.1:${port}: the port is in use. Choose another with --mqtt.`,
    });
  });
});

Deno.test("Broker: who confirmed what the engine could not write down is cut, to be told again", async () => {
  for (const [status, isCut] of [[503, true], [403, false]] as const) {
    await inHouse(async ({ broker, engine, connect }) => {
      const client = await connect("a");
      await client.subscribeAsync(`${PREFIX}/a/#`, { qos: 1 });
      engine.answer = { ok: false, problem: { status, title: "No", detail: "No." } };
      const message = { kind: "cancel", payload: { task_id: "OTA_20230801_001", reason: "x" } };
      const owed = { task: "OTA_20230801_001", kind: "cancel", attempt: 1 };
      broker.send({ device: "a", message, owed } as Parameters<typeof broker.send>[0]);
      const isDelivered = () => engine.inputs.some(({ kind }) => kind === "delivered");
      await engine.until(isDelivered, "the confirmation");
      if (isCut) await engine.until(() => engine.events.includes("disconnected a"), "the cut");
      else await client.publishAsync(`${PREFIX}/a/progress`, "1", { qos: 0 });
      assert.equal(engine.events.includes("disconnected a"), isCut);
    });
  }
});
