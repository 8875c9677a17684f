/** Bytes by whichever transport brings them: what is recommended, what fails, what comes late. */
import assert from "node:assert/strict";
import { randomImage } from "../../e2e/house.ts";
import { fetched as fetchedBy, switches } from "./byte_engine.ts";
import type { Asked, Offer, Ways } from "./byte_engine.ts";

const SIZE = 200_000;
const CHUNK = 16_384;
const PIECE = 1_000;

const offer = (): Offer => ({ task: "OTA_20261126_001", bytes: randomImage(SIZE) });
const fetched = (offer: Offer, ways: Ways) => fetchedBy(offer, { chunkBytes: CHUNK, ...ways });
const advice = (transport: string) => ({ transport, chunk_bytes: 8_192, reason: "slow" });

/** The body piece by piece; `onPiece` is told of each, by how many bytes were given before it. */
function trickle(
  body: Uint8Array<ArrayBuffer>,
  everyMs: number,
  onPiece: (given: number) => void = () => {},
): Response {
  let given = 0;
  const pieces = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      onPiece(given);
      controller.enqueue(body.subarray(given, given + PIECE));
      given += PIECE;
      if (given >= body.length) controller.close();
    },
  });
  return new Response(pieces, { status: 206 });
}

/** Takes the question and says nothing. */
const silence = () => new Response(new ReadableStream(), { status: 206 });

Deno.test("a device breaks off an answer when the engine says MQTT, and goes on at the very byte", async () => {
  const image = offer();
  const answer: Ways["answer"] = (body, nth, engine) =>
    trickle(body, 5, (given) => {
      if (nth === 2 && given === 5_000) engine.say("transport", advice("mqtt"));
    });
  const { end, engine, events, stored } = await fetched(image, { transport: "http", answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events), ["mqtt: the engine says slow"]);
  const [[at]] = engine.parts as [[number, number]];
  assert.ok(at > 2 * CHUNK && at < 3 * CHUNK, `${at}`);
  assert.equal(engine.ranges.length, 3);
  const { bytesFetched, bytesOverMqtt, repeated, switches: count, attempts } = end.stats;
  assert.deepEqual([bytesFetched, bytesOverMqtt, repeated, count, attempts], [
    SIZE,
    SIZE - at,
    0,
    1,
    1,
  ]);
});

Deno.test("a device told MQTT while nothing comes over HTTP lets that come which is under way", async () => {
  const image = offer();
  const answer: Ways["answer"] = (body, nth, engine) => {
    if (nth !== 2) return new Response(body, { status: 206 });
    const late = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(body.subarray(0, 5_000));
        setTimeout(() => engine.say("transport", advice("mqtt")), 1_500);
        setTimeout(() => {
          controller.enqueue(body.subarray(5_000));
          controller.close();
        }, 2_000);
      },
    });
    return new Response(late, { status: 206 });
  };
  const { end, engine, events, stored } = await fetched(image, { transport: "http", answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events), ["mqtt: the engine says slow"]);
  assert.ok(engine.parts.every(([at]) => at >= 3 * CHUNK), engine.parts.join(" "));
  assert.deepEqual([end.stats.bytesFetched, end.stats.repeated], [SIZE, 0]);
});

Deno.test("a device takes what is on its way when the engine says HTTP, and fetches the rest there", async () => {
  const image = offer();
  const give: Ways["give"] = (asked, nth, engine) => {
    if (nth === 5) engine.say("transport", advice("http"));
    setTimeout(() => engine.give(asked), 20);
  };
  const { end, engine, events, stored } = await fetched(image, { give });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events), ["http: the engine says slow"]);
  assert.ok(engine.parts.length >= 6 && engine.parts.length < 12, `${engine.parts.length}`);
  assert.deepEqual([end.stats.bytesFetched, end.stats.repeated], [SIZE, 0]);
  assert.ok(engine.ranges.every(([from, to]) => to - from <= 8_192), engine.ranges.join(" "));
});

Deno.test("a device that hears nothing over HTTP goes on over MQTT before long", async () => {
  const image = offer();
  const begun = performance.now();
  const answer: Ways["answer"] = (body, nth) =>
    nth < 3 ? new Response(body, { status: 206 }) : silence();
  const { end, events, stored } = await fetched(image, { transport: "http", answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events), ["mqtt: HTTP: there is no answer"]);
  assert.deepEqual([end.stats.repeated, end.stats.bytesFetched], [0, SIZE]);
  const ms = performance.now() - begun;
  assert.ok(ms > 1_000 && ms < 3_000, `${ms}`);
});

Deno.test("a device whose answer stops in the middle keeps what it has, and fetches the rest over MQTT", async () => {
  const image = offer();
  const answer: Ways["answer"] = (body, nth) => {
    if (nth < 3) return new Response(body, { status: 206 });
    const stuck = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(body.subarray(0, 1_234)),
    });
    return new Response(stuck, { status: 206 });
  };
  const { engine, end, stored } = await fetched(image, { transport: "http", answer });
  assert.deepEqual(stored, image.bytes);
  // What might still come is asked for when nothing else is missing.
  assert.deepEqual(engine.parts.at(-1), [3 * CHUNK + 1_234, CHUNK - 1_234]);
  assert.deepEqual([end.stats.repeated, end.stats.bytesFetched], [0, SIZE]);
});

Deno.test("a device takes a slow answer for slow, not for dead", async () => {
  const image = { ...offer(), bytes: randomImage(8_000) };
  const answer: Ways["answer"] = (body) => trickle(body, 700);
  const { engine, events, stored } = await fetched(image, { transport: "http", answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual([switches(events), engine.parts, engine.ranges.length], [[], [], 1]);
});

Deno.test("a device that hears nothing over MQTT fetches over HTTP, and ignores what comes late", async () => {
  const image = offer();
  const late: Asked[] = [];
  const give: Ways["give"] = (asked, nth, engine) => {
    if (nth < 4) engine.give(asked);
    else late.push(asked);
  };
  const answer: Ways["answer"] = (body, nth, engine) => {
    if (nth === 6) late.forEach((asked) => engine.give(asked));
    return new Response(body, { status: 206 });
  };
  const { end, events, engine, stored } = await fetched(image, { give, answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events).slice(0, 1), ["http: MQTT: there is no answer"]);
  // What came late had been fetched otherwise, but for what was still missing.
  const { bytesFetched, repeated } = end.stats;
  assert.equal(bytesFetched, SIZE + repeated);
  assert.ok(repeated <= 4 * CHUNK, `${repeated}`);
  assert.ok(engine.ranges.length > 0);
});

Deno.test("a device that the engine refuses parts fetches them over HTTP", async () => {
  const image = offer();
  const give: Ways["give"] = (_, nth, engine) => {
    if (nth === 0) {
      engine.say("rejected", { code: "not_allowed", reason: "No.", task_id: image.task });
    }
  };
  const { end, events, stored } = await fetched(image, { give });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events), ["http: MQTT: the engine says not_allowed"]);
  assert.deepEqual([end.stats.bytesFetched, end.stats.bytesOverMqtt], [SIZE, 0]);
});

Deno.test("a device goes back to what is recommended when a try of it brings bytes", async () => {
  const image = offer();
  let isDeaf = true;
  const give: Ways["give"] = (asked, nth, engine) => {
    if (nth < 4 || !isDeaf) engine.give(asked);
  };
  // Slow enough for the next try to come while there is something to fetch.
  const answer: Ways["answer"] = (body) => trickle(body, 60);
  setTimeout(() => isDeaf = false, 3_000);
  const { end, events, engine, stored } = await fetched(image, { give, answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events), ["http: MQTT: there is no answer", "mqtt: MQTT works again"]);
  // The try was a small one, of bytes that were missing.
  assert.ok(engine.parts.some(([, length]) => length === 2_048), engine.parts.join(" "));
  assert.equal(end.stats.repeated, 0);
});

Deno.test("a device whose broker is gone fetches over HTTP until it is back", async () => {
  const image = offer();
  const give: Ways["give"] = (asked, nth, engine) => {
    if (nth === 5) engine.cut();
    else engine.give(asked);
  };
  const answer: Ways["answer"] = (body) => trickle(body, 20);
  const { end, events, engine, stored } = await fetched(image, { give, answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual(switches(events), [
    "http: the broker is not connected",
    "mqtt: the broker is connected",
  ]);
  assert.ok(engine.ranges.length > 0);
  assert.equal(end.stats.repeated, 0);
});

Deno.test("a device that is asked to come later waits, and takes nothing for blocked", async () => {
  const image = offer();
  const begun = performance.now();
  const answer: Ways["answer"] = (body, nth) =>
    nth === 1
      ? new Response(null, { status: 503, headers: { "retry-after": "1" } })
      : new Response(body, { status: 206 });
  const { end, events, stored } = await fetched(image, { transport: "http", answer });
  assert.deepEqual(stored, image.bytes);
  assert.deepEqual([switches(events), end.stats.bytesOverMqtt], [[], 0]);
  assert.ok(performance.now() - begun >= 1_000);
});
