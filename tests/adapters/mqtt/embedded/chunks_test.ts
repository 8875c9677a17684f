/** Bytes of images by way of the broker: by which connection, until they are confirmed, and not for ever. */
import assert from "node:assert/strict";
import type { ChunkEnd } from "../../../../core/engine/mod.ts";
import { inHouse, PREFIX, soon } from "./stage.ts";
import type { House, RawClient } from "./stage.ts";

const TASK = "OTA_20230801_001";
const topicOf = (device: string, offset: number) => `${PREFIX}/${device}/chunk/${TASK}/${offset}`;

/** A chunk of the device, and what becomes of it. */
class Chunk {
  readonly ends: ChunkEnd[] = [];
  readonly bytes: Uint8Array;
  readonly #device: string;
  readonly #offset: number;
  readonly #end = Promise.withResolvers<ChunkEnd>();

  constructor(device: string, offset: number, length = 300) {
    this.#device = device;
    this.#offset = offset;
    this.bytes = Uint8Array.from({ length }, (_, n) => n * 7 + offset);
  }

  sendBy({ broker }: House): this {
    const done = (end: ChunkEnd) => {
      this.ends.push(end);
      this.#end.resolve(end);
    };
    const [device, task, offset] = [this.#device, TASK, this.#offset];
    broker.sendChunk({ device, task, offset, bytes: this.bytes, done });
    return this;
  }

  end(): Promise<ChunkEnd> {
    return soon(this.#end.promise, `the end of the chunk at ${this.#offset}`);
  }
}

/** It asks for bytes, and has the acknowledgement. */
async function asks(raw: RawClient) {
  raw.publish(`${PREFIX}/a/chunk/request`, '{"offset":0,"length":256}', 77);
  assert.deepEqual(await raw.bytes(4), [0x40, 2, 0, 77]);
}

/** The next PUBLISH: its topic, QoS, packet id (0: none) and payload. */
async function published(raw: RawClient) {
  const [first] = await raw.bytes(1);
  let [length, shift] = [0, 1];
  for (let byte = 128; byte > 127; shift *= 128) {
    [byte] = await raw.bytes(1) as [number];
    length += (byte & 127) * shift;
  }
  const body = Uint8Array.from(await raw.bytes(length));
  assert.equal(first! >> 4, 3);
  const qos = first! >> 1 & 3;
  const topicEnd = 2 + (body[0]! << 8 | body[1]!);
  const id = qos > 0 ? body[topicEnd]! << 8 | body[topicEnd + 1]! : 0;
  return {
    topic: new TextDecoder().decode(body.subarray(2, topicEnd)),
    qos,
    id,
    payload: body.subarray(topicEnd + (qos > 0 ? 2 : 0)),
  };
}

/** A connection of the device that hears the filter. */
async function listening(
  { socket }: House,
  { device = "a", client = device, filter = `${PREFIX}/${device}/#`, qos = 1 }: {
    readonly device?: string;
    readonly client?: string;
    readonly filter?: string;
    readonly qos?: number;
  } = {},
): Promise<RawClient> {
  const raw = await socket();
  await raw.enter(device, client);
  await raw.subscribe(filter, qos);
  return raw;
}

function acknowledge(raw: RawClient, id: number): void {
  raw.send(0x40, 2, id >> 8, id & 255);
}

Deno.test("Broker: a chunk is its bytes and nothing else, and has arrived when it is confirmed", async () => {
  await inHouse(async (house) => {
    for (const [granted, length] of [[1, 300], [2, 32_700], [1, 33_000], [1, 131_072]] as const) {
      const raw = await listening(house, { qos: granted });
      const chunk = new Chunk("a", 4_294_967_296, length).sendBy(house);
      const { topic, qos, id, payload } = await published(raw);
      assert.deepEqual([topic, qos, payload], [topicOf("a", 4_294_967_296), 1, chunk.bytes]);
      assert.deepEqual(chunk.ends, []);
      acknowledge(raw, id);
      assert.equal(await chunk.end(), "arrived");
      raw.close();
    }
  });
});

Deno.test("Broker: a chunk with QoS 0 has passed when it is written", async () => {
  await inHouse(async (house) => {
    const raw = await listening(house, { qos: 0 });
    const chunk = new Chunk("a", 0).sendBy(house);
    assert.equal(await chunk.end(), "passed");
    const { qos, id, payload } = await published(raw);
    assert.deepEqual([qos, id, payload], [0, 0, chunk.bytes]);
  });
});

Deno.test("Broker: a chunk that no connection of its device hears is unheard", async () => {
  await inHouse(async (house) => {
    assert.equal(await new Chunk("a", 0).sendBy(house).end(), "unheard");
    const raw = await listening(house, { filter: `${PREFIX}/a/+` });
    await listening(house, { device: "b" });
    assert.equal(await new Chunk("a", 0).sendBy(house).end(), "unheard");
    await raw.subscribe(`${PREFIX}/a/chunk/${TASK}/+`, 1, 2);
    assert.deepEqual(new Chunk("b", 0).sendBy(house).ends, []);
    const chunk = new Chunk("a", 0).sendBy(house);
    acknowledge(raw, (await published(raw)).id);
    assert.equal(await chunk.end(), "arrived");
  });
});

Deno.test("Broker: chunks are lost with the connection, whether or not they were written", async () => {
  for (const qos of [0, 1]) {
    await inHouse(async (house) => {
      const raw = await listening(house, { qos });
      const chunks = [0, 1, 2].map((n) => new Chunk("a", n).sendBy(house));
      house.broker.disconnect("a");
      for (const chunk of chunks) assert.equal(await chunk.end(), "lost");
      await soon(raw.closed, "the end of the connection");
      const again = await listening(house, { qos });
      const late = new Chunk("a", 3, 200_000).sendBy(house);
      if (qos > 0) await published(again);
      again.close();
      assert.equal(await late.end(), qos > 0 ? "lost" : "passed");
      for (const { ends } of [...chunks, late]) assert.equal(ends.length, 1);
    });
  }
});

Deno.test("Broker: chunks are lost when it closes, each once", async () => {
  const chunks: Chunk[] = [];
  await inHouse(async (house) => {
    const raw = await listening(house);
    chunks.push(...[0, 1].map((n) => new Chunk("a", n).sendBy(house)));
    await published(raw);
    chunks.push(new Chunk("a", 2).sendBy(house));
  });
  assert.deepEqual(chunks.map(({ ends }) => ends), [["lost"], ["lost"], ["lost"]]);
});

Deno.test("Broker: bytes go by the newest connection of a device that hears them", async () => {
  await inHouse(async (house) => {
    const first = await listening(house, { client: "a/1" });
    const speaking = await house.socket();
    await speaking.enter("a", "a/say");
    const messages = await listening(house, { client: "a/2", filter: `${PREFIX}/a/+` });
    const chunk = new Chunk("a", 0).sendBy(house);
    acknowledge(first, (await published(first)).id);
    assert.equal(await chunk.end(), "arrived");
    const newest = await listening(house, { client: "a/3" });
    const next = new Chunk("a", 1).sendBy(house);
    acknowledge(newest, (await published(newest)).id);
    assert.equal(await next.end(), "arrived");
    newest.close();
    await house.engine.until(() => house.engine.events.includes("disconnected a"), "its end");
    const last = new Chunk("a", 2).sendBy(house);
    acknowledge(first, (await published(first)).id);
    assert.equal(await last.end(), "arrived");
    assert.deepEqual([speaking.received, messages.received], [[], []]);
  });
});

Deno.test("Broker: what is on its way by an older connection is lost when a newer one asks", async () => {
  await inHouse(async (house) => {
    const old = await listening(house, { client: "a/1" });
    const chunk = new Chunk("a", 0).sendBy(house);
    const { id } = await published(old);
    const newer = await house.socket();
    await newer.enter("a", "a/2");
    await newer.subscribe(`${PREFIX}/a/metadata`, 1);
    await newer.subscribe(`${PREFIX}/a/chunk/#`, 1, 2);
    assert.deepEqual(chunk.ends, [], "it has not asked for any");
    await asks(newer);
    assert.equal(await chunk.end(), "lost");
    const next = new Chunk("a", 1).sendBy(house);
    acknowledge(newer, (await published(newer)).id);
    assert.equal(await next.end(), "arrived");
    // The old one lives after all: it is no harm, and what it says of its chunk is no news.
    acknowledge(old, id);
    old.send(0xc0, 0);
    assert.deepEqual(await old.bytes(2), [0xd0, 0]);
    assert.deepEqual(chunk.ends, ["lost"]);
    // Nor does a subscription of the old one take anything from the newer.
    const third = new Chunk("a", 2).sendBy(house);
    const { id: thirdId } = await published(newer);
    await old.subscribe(`${PREFIX}/a/chunk/+/+`, 1, 3);
    acknowledge(newer, thirdId);
    assert.equal(await third.end(), "arrived");
  });
});

Deno.test("Broker: whoever only looks on has none of the bytes that another connection asked for", async () => {
  await inHouse(async (house) => {
    const asker = await listening(house, { client: "a" });
    await asks(asker);
    const watcher = await listening(house, { client: "a/watch" });
    const chunk = new Chunk("a", 0).sendBy(house);
    acknowledge(asker, (await published(asker)).id);
    assert.equal(await chunk.end(), "arrived");
    watcher.send(0xc0, 0);
    assert.deepEqual(await watcher.bytes(2), [0xd0, 0], "nothing came before");
  });
});

/** More than the system takes of it for a connection that reads nothing. */
const TOO_MUCH = 24 * 1_048_576;

Deno.test("Broker: an old connection that has not taken its chunks ends when a newer one asks", async () => {
  await inHouse(async (house) => {
    const old = await listening(house, { client: "a/1" });
    old.pause();
    const chunk = new Chunk("a", 0, TOO_MUCH).sendBy(house);
    await asks(await listening(house, { client: "a/2" }));
    assert.equal(await chunk.end(), "lost");
    await house.engine.until(() => house.engine.events.includes("disconnected a"), "its end");
    assert.equal(house.broker.connections, 1);
  });
});

Deno.test("Broker: a connection that leaves too much unread ends with the next chunk", async () => {
  await inHouse(async (house) => {
    const raw = await listening(house);
    raw.pause();
    const chunk = new Chunk("a", 0, TOO_MUCH).sendBy(house);
    // It is written in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = new Chunk("a", 1).sendBy(house);
    assert.equal(await next.end(), "unheard");
    assert.equal(await chunk.end(), "lost");
    assert.deepEqual([chunk.ends, next.ends], [["lost"], ["unheard"]]);
  });
});

Deno.test("Broker: an ask that comes again is asked again, whatever its packet says", async () => {
  await inHouse(async ({ engine, socket }) => {
    const raw = await socket();
    await raw.enter("a");
    for (const [n, flags] of [0b0010, 0b1010, 0b1010].entries()) {
      raw.publish(`${PREFIX}/a/chunk/request`, '{"offset":0,"length":256}', 7, flags);
      assert.deepEqual(await raw.bytes(4), [0x40, 2, 0, 7]);
      assert.equal(engine.inputs.length, n + 1);
    }
    assert.deepEqual(engine.inputs[2], {
      kind: "ask",
      device: "a",
      ask: "chunk/request",
      parsed: { kind: "chunk/request", body: { offset: 0, length: 256 } },
    });
  });
});

Deno.test("Broker: an ask that the engine cannot take now is not acknowledged", async () => {
  await inHouse(async ({ engine, socket }) => {
    engine.answer = { ok: false, problem: { status: 503, title: "t", detail: "d" } };
    const raw = await socket();
    await raw.enter("a");
    raw.publish(`${PREFIX}/a/chunks/request`, '{"from":0,"count":1}', 7);
    await soon(raw.closed, "the end of the connection");
    assert.deepEqual([raw.received, engine.inputs.length], [[], 1]);
  });
});

Deno.test("Broker: nobody publishes chunks but the engine, nor hears those of another device", async () => {
  await inHouse(async (house) => {
    for (const topic of [topicOf("a", 0), `${PREFIX}/a/chunks`, `${PREFIX}/b/chunk/request`]) {
      const raw = await house.socket();
      await raw.enter("a");
      raw.publish(topic, "{}", 7);
      await soon(raw.closed, `the cut after ${topic}`);
    }
    const raw = await house.socket();
    await raw.enter("b");
    raw.send(0x82, 2 + 2 + topicOf("a", 0).length + 1, 0, 1, 0, topicOf("a", 0).length);
    raw.send(new TextEncoder().encode(topicOf("a", 0)), 1);
    assert.deepEqual(await raw.bytes(5), [0x90, 3, 0, 1, 0x80]);
    assert.deepEqual(house.engine.inputs, []);
  });
});
