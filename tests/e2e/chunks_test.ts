/** Bytes over MQTT, as PROTOCOL tells it, over real TCP. */
import assert from "node:assert/strict";
import { CHUNK, hearsPart, offered, partsFrom, SIZE, transfersOf } from "./chunk_stage.ts";
import { checksumOf, randomImage } from "./house.ts";
import { RawDevice } from "./raw_device.ts";

Deno.test("a device fetches a whole image over MQTT, and is believed as over HTTP", async () => {
  await offered(async (stage) => {
    const { device, id, image } = stage;
    const parts: [number, number][] = [
      [0, 65_536],
      [65_536, 65_536],
      [131_072, 131_072],
      [262_144, 65_536],
    ];
    await device.say("chunk/request", { task_id: id, parts });
    for (const part of parts) await hearsPart(stage, part);
    assert.equal((await stage.task(id)).state, "downloading");
    await device.say("verify", { task_id: id, checksum: checksumOf(image) });
    await device.hears("success");
    assert.deepEqual(await transfersOf(stage, id), [
      { bytes: SIZE, requests: 4, repeated: 0, cuts: 0 },
    ]);
    const rows = await stage.rows("pump-7");
    const verified = rows.find(({ type }) => type === "DigestReported")!;
    assert.deepEqual(verified.outcome.moves.map((move) => ({ ...move })), [
      { attempt: 1, fetched: SIZE, from: "downloading", task: id, to: "succeeded" },
    ]);
    // No ask is a fact but for the one that began the download.
    assert.equal(rows.filter(({ type }) => type === "ArtifactRequested").length, 1);
    const authorization = `Bearer ${stage.house.operator.token}`;
    const scraped = await fetch(`${stage.house.httpUrl}/metrics`, { headers: { authorization } });
    assert.match(await scraped.text(), /^otalog_artifact_bytes_total 300000$/m);
  });
});

Deno.test("a device that names no task asks for its active one", async () => {
  await offered(async (stage) => {
    await stage.device.say("chunk/request", { offset: 5, length: 256 });
    await hearsPart(stage, [5, 256]);
    await stage.device.say("chunks/request", { from: 0, count: 1 });
    const { payload } = await stage.device.hears("chunks");
    assert.equal(payload.task_id, stage.id);
  });
});

Deno.test("the digests of chunks over MQTT are those over HTTP, as many as there are", async () => {
  await offered(async ({ device, id, image, token, house, checksum }) => {
    const digests = partsFrom(0).map(([start, length]) =>
      checksumOf(image.subarray(start, start + length))
    );
    const url = `${house.httpUrl}/artifacts/${checksum.slice(7)}/chunks?bytes=${CHUNK}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual((await response.json()).chunks, digests);
    for (const [from, count] of [[0, 256], [0, 5], [1, 2], [4, 1], [3, 9]] as const) {
      await device.say("chunks/request", { task_id: id, from, count });
      const { payload, qos } = await device.hears("chunks");
      assert.equal(qos, 1);
      const chunks = digests.slice(from, from + count);
      assert.deepEqual(payload, { task_id: id, chunk_bytes: CHUNK, from, chunks });
    }
  });
});

Deno.test("digests follow the chunk size that a device wishes for", async () => {
  await offered(async ({ device, id, image }) => {
    await device.say("request", { chunk_bytes: 256 });
    assert.equal((await device.hears("metadata")).payload.chunk_bytes, 256);
    await device.say("chunks/request", { task_id: id, from: 1_000, count: 256 });
    const { payload } = await device.hears("chunks");
    assert.equal(payload.chunks.length, 172);
    assert.equal(payload.chunks.at(-1), checksumOf(image.subarray(1_171 * 256)));
  });
});

Deno.test("a device resumes at its byte after it was cut, and mends the one chunk that was bad", async () => {
  await offered(async (stage) => {
    const { device, token, id, image, house } = stage;
    await device.say("chunk/request", { task_id: id, parts: partsFrom(0).slice(0, 2) });
    await hearsPart(stage, [0, CHUNK]);
    await hearsPart(stage, [CHUNK, CHUNK]);
    await device.say("progress", { received: 2 * CHUNK });
    await device[Symbol.asyncDispose]();
    await using again = await RawDevice.connect(house.mqttUrl, "pump-7", token);
    const scene = { device: again, id, image };
    await again.say("request", { resume_from: 2 * CHUNK });
    assert.equal((await again.hears("metadata")).payload.resume_from, 2 * CHUNK);
    const rest = partsFrom(2 * CHUNK);
    await again.say("chunk/request", { task_id: id, parts: rest });
    for (const part of rest) await hearsPart(scene, part);
    const wrong = { task_id: id, checksum: checksumOf(randomImage(1)), bad_chunks: [1] };
    await again.say("verify", wrong);
    assert.deepEqual((await again.hears("retry")).payload.bad_chunks, [1]);
    await again.say("chunk/request", { task_id: id, offset: CHUNK, length: CHUNK });
    await hearsPart(scene, [CHUNK, CHUNK]);
    await again.say("verify", { task_id: id, checksum: checksumOf(image) });
    await again.hears("success");
    assert.deepEqual(await transfersOf(stage, id), [
      { bytes: SIZE, requests: 5, repeated: 0, cuts: 0 },
      { bytes: CHUNK, requests: 1, repeated: CHUNK, cuts: 0 },
    ]);
  });
});

Deno.test("a device goes on over MQTT where HTTP was cut, and back, and no byte counts twice", async () => {
  await offered(async (stage) => {
    const { device, id, image, token, house, checksum } = stage;
    const fetchRange = async (from: number, end: number) => {
      const headers = { authorization: `Bearer ${token}`, range: `bytes=${from}-${end - 1}` };
      const response = await fetch(`${house.httpUrl}/artifacts/${checksum.slice(7)}`, { headers });
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), image.slice(from, end));
    };
    await fetchRange(0, 100_000);
    await device.say("chunk/request", {
      task_id: id,
      parts: [[100_000, 50_000], [150_000, 50_000]],
    });
    await hearsPart(stage, [100_000, 50_000]);
    await hearsPart(stage, [150_000, 50_000]);
    await fetchRange(200_000, 250_000);
    await device.say("chunk/request", { task_id: id, offset: 250_000, length: 50_000 });
    await hearsPart(stage, [250_000, 50_000]);
    await device.say("verify", { task_id: id, checksum });
    await device.hears("success");
    assert.deepEqual(await transfersOf(stage, id), [
      { bytes: SIZE, requests: 5, repeated: 0, cuts: 0 },
    ]);
  });
});
