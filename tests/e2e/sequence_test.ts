/** One upgrade exactly as PROTOCOL tells it, over real TCP and HTTP. */
import assert from "node:assert/strict";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import { RawDevice } from "./raw_device.ts";

Deno.test("an upgrade goes request, metadata, bytes, progress, verify, success", async () => {
  await inHouse(async (stage) => {
    const { house } = stage;
    const token = await stage.register("pump-7");
    const image = randomImage(300_000);
    const checksum = await stage.upload("2.0.0", image);
    const task_id = await stage.order("pump-7", "2.0.0", checksum, { chunk_size: 64 });
    assert.match(task_id, /^OTA_\d{8}_001$/);
    assert.equal((await stage.task(task_id)).state, "queued");

    await using device = await RawDevice.connect(house.mqttUrl, "pump-7", token);
    // A device that listens is offered its task at once, and again when it asks.
    const offer = await device.hears("metadata");
    await device.say("request", { current_version: "1.0.0", product: "pump" });
    const { payload: metadata, qos } = await device.hears("metadata");
    assert.deepEqual(offer.payload, metadata);
    assert.equal(qos, 1);
    const hex = checksum.slice(7);
    assert.deepEqual(metadata, {
      task_id,
      number: 1_000_001,
      version: "2.0.0",
      url: `${house.httpUrl}/artifacts/${hex}`,
      size: 300_000,
      checksum,
      chunk_size: 64,
      chunk_bytes: 65_536,
      chunk_count: 5,
      chunks_url: `${house.httpUrl}/artifacts/${hex}/chunks?bytes=65536`,
      attempt: 1,
      max_attempts: 4,
      priority: "normal",
      transport: "http",
      resume_from: 0,
      completion: "verified",
    });
    assert.ok(JSON.stringify(metadata).length < 1_024);

    const authorization = `Bearer ${token}`;
    const half = await fetch(metadata.url, { headers: { authorization, range: "bytes=0-149999" } });
    assert.equal(half.status, 206);
    const first = new Uint8Array(await half.arrayBuffer());
    await device.say("progress", { task_id, received: 150_000 });
    assert.equal((await stage.task(task_id)).state, "downloading");
    const rest = await fetch(metadata.url, { headers: { authorization, range: "bytes=150000-" } });
    const bytes = new Uint8Array([...first, ...new Uint8Array(await rest.arrayBuffer())]);
    assert.deepEqual(bytes, image);
    await device.say("progress", { chunk: 4, total: 5 });
    assert.equal((await stage.task(task_id)).state, "verifying");
    await device.say("verify", { task_id, attempt: 1, checksum: checksumOf(bytes) });
    const success = await device.hears("success");
    assert.deepEqual(success.payload, { task_id, version: "2.0.0" });
    assert.equal(success.qos, 2);

    const task = await stage.task(task_id);
    assert.deepEqual([task.state, task.attempt, task.received], ["succeeded", 1, 300_000]);
    const { body } = await stage.ask("GET", "/devices/pump-7");
    assert.equal(body.version, "2.0.0");
    assert.deepEqual(body.queue, []);
    // Said once more, it is answered once more, and nothing is added.
    const rows = (await stage.rows("pump-7")).filter((row) => row.type !== "MessageDelivered");
    await device.say("verify", { task_id, checksum });
    await device.hears("success");
    const again = (await stage.rows("pump-7")).filter((row) => row.type !== "MessageDelivered");
    assert.deepEqual(again, rows);
    assert.deepEqual(rows.map(({ type }) => type), [
      "DeviceRegistered",
      "TokenIssued",
      "TaskQueued",
      "ContactChanged",
      "UpdateRequested",
      "ArtifactRequested",
      "ProgressReported",
      "ProgressReported",
      "DigestReported",
    ]);
    await device.say("request", {});
    const idle = await device.hears("idle");
    assert.deepEqual(idle.payload.last, { task_id, state: "succeeded", version: "2.0.0" });
    assert.deepEqual(device.unheard, []);
  });
});

Deno.test("what fits nothing is answered with rejected, and spends nothing", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(10_000));
    await using device = await RawDevice.connect(stage.house.mqttUrl, "pump-7", token);
    const other = `sha256:${"0".repeat(64)}`;
    const rejects = async (kind: string, payload: unknown, code: string) => {
      await device.say(kind, payload);
      assert.equal((await device.hears("rejected")).payload.code, code, JSON.stringify(payload));
    };
    await rejects("verify", { checksum }, "no_task");
    const task_id = await stage.order("pump-7", "2.0.0", checksum);
    await device.hears("metadata");
    await rejects("verify", "{", "malformed");
    await rejects("verify", '{"__proto__":{},"checksum":"x"}', "malformed");
    await rejects("verify", { checksum: "sha1:00" }, "malformed");
    await rejects("verify", { task_id: "OTA_20230801_001", checksum: other }, "unknown_task");
    await rejects("verify", { checksum: other, bad_chunks: [99] }, "out_of_range");
    await rejects("verify", { attempt: 2, checksum: other }, "out_of_range");
    for (const progress of [-1, 101, { received: 10_001 }, { chunk: 1 }, { received: 1e300 }]) {
      await rejects("progress", progress, "out_of_range");
    }
    await rejects("progress", { chunk: 0, total: 7 }, "out_of_range");
    await rejects("request", { chunk_bytes: 1000 }, "out_of_range");
    await rejects("request", { resume_from: 10_001 }, "out_of_range");
    await rejects("status", { status: "installing" }, "wrong_phase");
    const { state, attempt } = await stage.task(task_id);
    assert.deepEqual([state, attempt], ["offered", 1]);
    await device.say("verify", { checksum });
    await device.hears("success");
    await rejects("verify", { task_id, checksum: other }, "ended");
    assert.equal((await stage.task(task_id)).state, "succeeded");
  });
});

Deno.test("an owed answer waits for a device that was away", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(10_000));
    const task_id = await stage.order("pump-7", "2.0.0", checksum);
    const authorization = `Bearer ${token}`;
    const post = async (kind: string, body: object) => {
      const response = await fetch(`${stage.house.httpUrl}/ota/pump-7/${kind}`, {
        method: "POST",
        headers: { authorization },
        body: JSON.stringify(body),
      });
      assert.equal(response.status, 200);
      return (await response.json()).messages;
    };
    const [metadata] = await post("request", {});
    assert.equal(metadata.topic, "/ota/pump-7/metadata");
    assert.equal(metadata.payload.task_id, task_id);
    const [success] = await post("verify", { checksum });
    assert.equal(success.topic, "/ota/pump-7/success");
    // It never confirmed it; so it is told when it listens, until it confirms.
    {
      await using device = await RawDevice.connect(stage.house.mqttUrl, "pump-7", token);
      assert.equal((await device.hears("success")).payload.task_id, task_id);
      await device.say("request", {});
      await device.hears("idle");
    }
    await using device = await RawDevice.connect(stage.house.mqttUrl, "pump-7", token);
    await device.say("request", {});
    await device.hears("idle");
  });
});

Deno.test("a device that is revoked loses its open download, and nobody else does", async () => {
  await inHouse(async (stage) => {
    const checksum = await stage.upload("2.0.0", new Uint8Array(16_000_000));
    const begin = async (device: string) => {
      const token = await stage.register(device);
      await stage.order(device, "2.0.0", checksum);
      const url = `${stage.house.httpUrl}/artifacts/${checksum.slice(7)}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(response.status, 200);
      return response.arrayBuffer.bind(response);
    };
    const [revoked, other] = [await begin("pump-7"), await begin("pump-8")];
    assert.equal((await stage.ask("DELETE", "/devices/pump-7")).status, 204);
    await assert.rejects(soon(revoked(), "the end of the download"), TypeError);
    assert.equal((await soon(other(), "the whole image")).byteLength, 16_000_000);
  });
});
