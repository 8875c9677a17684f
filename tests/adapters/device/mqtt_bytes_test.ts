/** Bytes over MQTT alone, from an engine that gives them rightly and wrongly. */
import assert from "node:assert/strict";
import { randomImage } from "../../e2e/house.ts";
import { fetched } from "./byte_engine.ts";
import type { Asked, ByteEngine, Offer, Ways } from "./byte_engine.ts";

const SIZE = 100_000;
const CHUNK = 4_096;

const offer = (size = SIZE): Offer => ({ task: "OTA_20261126_001", bytes: randomImage(size) });
const mqtt = { transport: "mqtt" } as const;

Deno.test("a device fetches a whole image over MQTT, with four parts on their way at once", async () => {
  const image = offer();
  let [onTheirWay, most] = [0, 0];
  const give = (asked: Asked, _: number, engine: ByteEngine) => {
    most = Math.max(most, ++onTheirWay);
    setTimeout(() => {
      onTheirWay--;
      engine.give(asked);
    }, 5);
  };
  const { end, engine, stored } = await fetched(image, { give }, mqtt);
  assert.deepEqual(stored, image.bytes);
  assert.equal(most, 4);
  assert.deepEqual(engine.ranges, []);
  const starts = Array.from({ length: Math.ceil(SIZE / CHUNK) }, (_, n) => n * CHUNK);
  assert.deepEqual(engine.parts, starts.map((n) => [n, Math.min(CHUNK, SIZE - n)]));
  const { bytesFetched, bytesOverMqtt, repeated, switches } = end.stats;
  assert.deepEqual([bytesFetched, bytesOverMqtt, repeated, switches], [SIZE, SIZE, 0, 0]);
  assert.deepEqual(end.stats.chunks, starts.map((n) => n / CHUNK));
  const [request] = engine.said;
  assert.deepEqual(request, ["request", { transport: "mqtt" }]);
});

/** Something that nobody asked for, before what was. */
const junk: [what: string, send: (asked: Asked, engine: ByteEngine) => void][] = [
  [
    "of another task",
    ({ offset, length }, engine) => engine.send("OTA_20261126_002", offset, randomImage(length)),
  ],
  [
    "of another offset",
    ({ offset, length }, engine) =>
      engine.send("OTA_20261126_001", offset + 1, randomImage(length)),
  ],
  [
    "that are too many",
    ({ offset, length }, engine) =>
      engine.send("OTA_20261126_001", offset, randomImage(length + 1)),
  ],
  [
    "that are too few",
    ({ offset, length }, engine) =>
      engine.send("OTA_20261126_001", offset, randomImage(length - 1)),
  ],
  [
    "that are none",
    ({ offset }, engine) => engine.send("OTA_20261126_001", offset, new Uint8Array()),
  ],
  ["behind the end", (_, engine) => engine.send("OTA_20261126_001", SIZE, randomImage(CHUNK))],
];

for (const [what, send] of junk) {
  Deno.test(`a device stores no bytes ${what}`, async () => {
    const image = offer();
    const give: Ways["give"] = (asked, _, engine) => {
      send(asked, engine);
      engine.give(asked);
    };
    const { end, stored } = await fetched(image, { give }, mqtt);
    assert.deepEqual(stored, image.bytes);
    assert.equal(end.stats.attempts, 1);
  });
}

Deno.test("a device counts what comes twice, and stores it once", async () => {
  const image = offer();
  const give: Ways["give"] = (asked, _, engine) => {
    engine.give(asked);
    // Were it stored, the digest would be wrong.
    engine.send(asked.offer.task, asked.offset, randomImage(asked.length));
  };
  const { end, stored } = await fetched(image, { give }, mqtt);
  assert.deepEqual(stored, image.bytes);
  assert.equal(end.stats.attempts, 1);
  const { bytesFetched, repeated } = end.stats;
  assert.ok(repeated > SIZE - 2 * CHUNK && bytesFetched === SIZE + repeated, `${repeated}`);
});

Deno.test("a device asks again for what does not come, and for nothing else", async () => {
  const image = offer();
  const times: number[] = [];
  const lost = 8_192;
  const give: Ways["give"] = (asked, _, engine) => {
    if (asked.offset !== lost) return engine.give(asked);
    if (times.push(performance.now()) === 2) engine.give(asked);
  };
  const { end, engine, stored } = await fetched(image, { give }, mqtt);
  assert.deepEqual(stored, image.bytes);
  assert.equal(engine.parts.length, Math.ceil(SIZE / CHUNK) + 1);
  assert.ok(times[1]! - times[0]! >= 3_000, times.join());
  assert.deepEqual([end.stats.repeated, end.stats.attempts], [0, 1]);
});

Deno.test("a device whose connection is cut asks anew for what had not come, and nothing else", async () => {
  const image = offer();
  const give: Ways["give"] = (asked, nth, engine) => {
    if (nth === 7) engine.cut();
    else engine.give(asked);
  };
  const { end, engine, stored } = await fetched(image, { give }, mqtt);
  assert.deepEqual(stored, image.bytes);
  assert.equal(end.stats.attempts, 1);
  // What was under way to the device when it was cut, at the most.
  const twice = engine.parts.length - Math.ceil(SIZE / CHUNK);
  assert.ok(twice >= 1 && twice <= 4, `${twice}`);
  assert.equal(end.stats.repeated, 0);
});

Deno.test("a device finds a bad chunk by digests over MQTT, and fetches it alone", async () => {
  const image = offer(300 * 256 + 10);
  const more = { ...mqtt, corruptChunk: 290 };
  const { end, engine, stored } = await fetched(image, { chunkBytes: 256 }, more);
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(engine.ranges, []);
  const asked = engine.said.filter(([kind]) => kind === "chunks/request").map(([, body]) => body);
  assert.deepEqual(asked, [
    { task_id: image.task, from: 0, count: 256 },
    { task_id: image.task, from: 256, count: 45 },
  ]);
  assert.equal(end.stats.chunks.at(-1), 290);
  assert.equal(end.stats.bytesFetched, image.bytes.length + 256);
});

Deno.test("a device that misses few bytes asks for as many as the protocol has it", async () => {
  const image = offer();
  const { end, engine, stored } = await fetched(image, {}, { ...mqtt, cutAt: 8_100 });
  assert.deepEqual(stored, image.bytes);
  // The rest of the chunk would be 92 bytes.
  assert.ok(engine.parts.some(([offset, length]) => offset === 8_100 && length === 256));
  assert.ok(end.stats.repeated <= 256, `${end.stats.repeated}`);
});

Deno.test("a device asks for as much as it is told, and for as many parts", async () => {
  const image = offer();
  const told = { chunk_bytes: 16_384, chunks_in_flight: 2, transport: "mqtt", reason: "adjusted" };
  const onTheirWay: Asked[] = [];
  let most = 0;
  const give: Ways["give"] = (asked, nth, engine) => {
    if (nth === 0) engine.say("transport", told);
    if (nth < 8) return engine.give(asked);
    most = Math.max(most, onTheirWay.push(asked));
    setTimeout(() => engine.give(onTheirWay.shift()!), 10);
  };
  const { engine, stored, end } = await fetched(image, { give }, mqtt);
  assert.deepEqual(stored, image.bytes);
  const late = engine.parts.slice(8, -1);
  assert.ok(late.every(([offset, length]) => (offset + length) % 16_384 === 0), late.join(" "));
  assert.equal(most, 2);
  // Chunks are those of the offer, whatever is asked for at once.
  assert.equal(end.stats.chunks.length, Math.ceil(SIZE / CHUNK));
});
