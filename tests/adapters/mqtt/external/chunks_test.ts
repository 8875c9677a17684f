/** Asks and bytes of images by way of somebody else's broker. */
import assert from "node:assert/strict";
import { CHUNK_WINDOW_BYTES, PART_BYTES_MAX } from "../../../../core/mod.ts";
import type { ChunkEnd } from "../../../../core/engine/mod.ts";
import type { BrokerLink } from "../../../../adapters/mqtt/mod.ts";
import { soon } from "../../../e2e/house.ts";
import { packet, PREFIX } from "../embedded/stage.ts";
import { CONNECT, PUBLISH, SUBSCRIBE } from "./raw_broker.ts";
import type { Manners, Packet } from "./raw_broker.ts";
import { message, onLink } from "./stage.ts";

const TASK = "OTA_20230801_001";
const ASK = `${PREFIX}/a/chunk/request`;

/** A chunk, and what becomes of it. */
class Chunk {
  readonly ends: ChunkEnd[] = [];
  readonly bytes: Uint8Array;
  readonly #end = Promise.withResolvers<ChunkEnd>();

  constructor(readonly offset: number, length = 300, fill = offset) {
    this.bytes = new Uint8Array(length).fill(fill);
  }

  sendBy(link: BrokerLink): this {
    const done = (end: ChunkEnd) => {
      this.ends.push(end);
      this.#end.resolve(end);
    };
    link.sendChunk({ device: "a", task: TASK, offset: this.offset, bytes: this.bytes, done });
    return this;
  }

  end(): Promise<ChunkEnd> {
    return soon(this.#end.promise, `the end of the chunk at ${this.offset}`);
  }
}

function publishOf({ first, body }: Packet, version: number) {
  const topicEnd = 2 + (body[0]! << 8 | body[1]!);
  return {
    topic: new TextDecoder().decode(body.subarray(2, topicEnd)),
    qos: first >> 1 & 3,
    id: [...body.subarray(topicEnd, topicEnd + 2)],
    payload: body.subarray(topicEnd + (version === 5 ? 3 : 2)),
  };
}

/** A broker that acknowledges nothing by itself. */
const silent: Manners = { [PUBLISH]: () => undefined };

for (const version of [5, 4] as const) {
  Deno.test(`BrokerLink: a chunk is its bytes and nothing else, and has passed when the broker has it (MQTT ${version})`, async () => {
    await onLink(
      async ({ link, lines, told }) => {
        const [voice] = await lines();
        await told(1);
        const chunk = new Chunk(65_536, PART_BYTES_MAX, 7).sendBy(link);
        const { topic, qos, id, payload } = publishOf(await voice.next(PUBLISH), version);
        assert.deepEqual([topic, qos], [`${PREFIX}/a/chunk/${TASK}/65536`, 1]);
        assert.deepEqual(payload, chunk.bytes);
        assert.deepEqual(chunk.ends, []);
        voice.send(packet(0x40, id));
        assert.equal(await chunk.end(), "passed");
      },
      silent,
      { versions: [version] },
    );
  });
}

Deno.test("BrokerLink: a chunk that nobody is subscribed to, or that may not pass, is unheard", async () => {
  for (const reason of [0x10, 0x87, 0x97]) {
    await onLink(async ({ link, lines, told }) => {
      const [voice] = await lines();
      await told(1);
      const chunk = new Chunk(0).sendBy(link);
      const { id } = publishOf(await voice.next(PUBLISH), 5);
      voice.send(packet(0x40, [...id, reason]));
      assert.equal(await chunk.end(), "unheard");
      // Its packet id is given again.
      const next = new Chunk(1).sendBy(link);
      voice.send(packet(0x40, publishOf(await voice.next(PUBLISH), 5).id));
      assert.equal(await next.end(), "passed");
    }, silent);
  }
});

Deno.test("BrokerLink sends nothing that is larger than the broker takes: that would end the connection", async () => {
  const topicBytes = `${PREFIX}/a/chunk/${TASK}/0`.length;
  // A header of 3 bytes, two lengths of the topic, the packet id, no properties.
  const sizeMax = 1_000 + topicBytes + 3 + 2 + 2 + 1;
  const limited: Manners = {
    [CONNECT]: () => packet(0x20, [0, 0, 5, 39, 0, 0, sizeMax >> 8, sizeMax & 255]),
  };
  await onLink(async ({ link, lines, told }) => {
    const [voice] = await lines();
    await told(1);
    const large = new Chunk(0, 1_001).sendBy(link);
    assert.equal(await large.end(), "too_large");
    const fits = new Chunk(0, 998).sendBy(link);
    assert.equal(await fits.end(), "passed");
    const { body } = await voice.next(PUBLISH);
    assert.ok(body.length + 3 <= sizeMax);
    assert.deepEqual(voice.packets.filter(({ type }) => type === PUBLISH), []);
  }, limited);
});

Deno.test("BrokerLink: chunks are lost with the connection, once each, and go by the next one", async () => {
  await onLink(async ({ broker, link, lines, told }) => {
    const [voice] = await lines();
    await told(1);
    const count = 3 * CHUNK_WINDOW_BYTES / PART_BYTES_MAX;
    const chunks = Array.from(
      { length: count },
      (_, n) => new Chunk(n, PART_BYTES_MAX).sendBy(link),
    );
    await voice.nextOf(PUBLISH, 2);
    voice.socket.destroy();
    for (const chunk of chunks) assert.equal(await chunk.end(), "lost");
    assert.equal(await new Chunk(100).sendBy(link).end(), "lost", "there is no connection");
    broker.manners = {};
    await told(3);
    const next = new Chunk(200).sendBy(link);
    assert.equal(await next.end(), "passed");
    for (const { ends } of chunks) assert.deepEqual(ends, ["lost"]);
  }, silent);
});

Deno.test("BrokerLink that closes loses its chunks, and takes none before it is open", async () => {
  const chunks: Chunk[] = [];
  await onLink(async ({ link, lines, told }) => {
    const [voice] = await lines();
    await told(1);
    chunks.push(...[0, 1].map((n) => new Chunk(n).sendBy(link)));
    await voice.nextOf(PUBLISH, 2);
  }, silent);
  assert.deepEqual(chunks.map(({ ends }) => ends), [["lost"], ["lost"]]);
});

Deno.test("BrokerLink: messages do not wait for chunks that the broker has not acknowledged", async () => {
  await onLink(async ({ link, lines, told }) => {
    const [voice] = await lines();
    await told(1);
    const chunks = Array.from({ length: 20 }, (_, n) => new Chunk(n, PART_BYTES_MAX).sendBy(link));
    link.send({ device: "a", message: { kind: "idle", payload: { ask_again_seconds: 60 } } });
    const under = (await voice.nextOf(PUBLISH, 9)).map((one) => publishOf(one, 5));
    assert.equal(under.at(-1)!.topic, `${PREFIX}/a/idle`);
    for (const { id } of under) voice.send(packet(0x40, id));
    for (const chunk of chunks.slice(0, 8)) assert.equal(await chunk.end(), "passed");
    for (const one of await voice.nextOf(PUBLISH, 8)) {
      voice.send(packet(0x40, publishOf(one, 5).id));
    }
    for (const chunk of chunks.slice(8, 16)) assert.equal(await chunk.end(), "passed");
  }, silent);
});

Deno.test("BrokerLink: an ask becomes an input, its device is heard, and then it is acknowledged", async () => {
  await onLink(async ({ engine, lines }) => {
    const [, ear] = await lines();
    await ear.next(SUBSCRIBE);
    ear.send(
      message(ASK, '{"parts":[[0,256]]}', 7),
      message(`${PREFIX}/a/chunks/request`, '{"from":0,"count":2}', 8),
    );
    assert.deepEqual(await ear.acknowledged(2), [7, 8]);
    assert.deepEqual(engine.inputs, [
      {
        kind: "ask",
        device: "a",
        ask: "chunk/request",
        parsed: { kind: "chunk/request", body: { parts: [[0, 256]] } },
      },
      {
        kind: "ask",
        device: "a",
        ask: "chunks/request",
        parsed: { kind: "chunks/request", body: { from: 0, count: 2 } },
      },
    ]);
    assert.equal(engine.events.filter((event) => event === "heard a").length, 2);
  });
});

Deno.test("BrokerLink: an ask that comes again is asked again: its bytes were lost with the connection", async () => {
  await onLink(async ({ engine, lines }) => {
    const [voice, ear] = await lines();
    await ear.next(SUBSCRIBE);
    ear.send(message(ASK, '{"offset":0,"length":256}', 7));
    assert.deepEqual(await ear.acknowledged(1), [7]);
    voice.socket.destroy();
    const [, again] = await lines(1);
    await again.next(SUBSCRIBE);
    again.send(message(ASK, '{"offset":0,"length":256}', 7, { flags: 0b1010 }));
    assert.deepEqual(await again.acknowledged(1), [7]);
    assert.equal(engine.inputs.length, 2);
  });
});

Deno.test("BrokerLink: a retained ask is refused by name, a large one as too large", async () => {
  await onLink(async ({ engine, lines }) => {
    const [, ear] = await lines();
    await ear.next(SUBSCRIBE);
    ear.send(
      message(ASK, "{}", 1, { flags: 0b0011 }),
      message(ASK, new Uint8Array(65_537), 2),
      message(`${PREFIX}/a/chunk/${TASK}/0`, "{}", 3),
    );
    assert.deepEqual(await ear.acknowledged(3), [1, 2, 3]);
    assert.deepEqual(
      engine.inputs.map((input) =>
        input.kind === "ask" && "code" in input.parsed && input.parsed.code
      ),
      ["not_allowed", "too_large"],
    );
  });
});
