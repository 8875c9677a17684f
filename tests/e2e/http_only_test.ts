/** Devices with nothing but an HTTP client: long polls, ranges, reports, and DELETE (PROTOCOL §2). */
import assert from "node:assert/strict";
import { checksumOf, inHouse, randomImage } from "./house.ts";
import type { Stage } from "./house.ts";
import { HttpDevice, kindsOf } from "./http_device.ts";
import type { HttpMessage } from "./http_device.ts";
import { RawDevice } from "./raw_device.ts";

const SIZE = 100_000;
const CHUNK = 16_384;
const WRONG = `sha256:${"0".repeat(64)}`;

interface Scene {
  readonly stage: Stage;
  readonly device: HttpDevice;
  readonly token: string;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly checksum: string;
  readonly task: string;
}

/** One device with one order. */
async function inScene(
  story: (scene: Scene) => Promise<void>,
  order = {},
  version = "2.0.0",
): Promise<void> {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const device = new HttpDevice(() => stage.house.httpUrl, "pump-7", token);
    const image = randomImage(SIZE);
    const checksum = await stage.upload(version, image);
    const task = await stage.order("pump-7", version, checksum, { chunk_size: 16, ...order });
    await story({ stage, device, token, image, checksum, task });
  });
}

/** The next messages by long poll, confirmed; they must be of those kinds. */
async function polled(device: HttpDevice, ...kinds: string[]): Promise<HttpMessage["payload"][]> {
  const messages = await device.poll(30);
  assert.deepEqual(kindsOf(messages), kinds);
  await device.confirm(messages);
  return messages.map(({ payload }) => payload);
}

/** Fetches the bytes from one on, chunk by chunk, and says how far it is. */
async function download(
  device: HttpDevice,
  metadata: HttpMessage["payload"],
  stored: Uint8Array,
  from: number,
  to = SIZE,
): Promise<void> {
  const { url, size, task_id, attempt } = metadata;
  for (let start = from; start < to; start += CHUNK) {
    const end = Math.min(start + CHUNK, to);
    stored.set(await device.bytes(url, start, end, size), start);
    assert.deepEqual(await device.say("progress", { task_id, attempt, received: end }), []);
  }
}

Deno.test("over HTTP alone: request, long poll, ranges, progress, verify, success, each deleted", async () => {
  await inScene(async ({ stage, device, image, checksum, task }) => {
    const [offered] = await device.say("request", { current_version: "1.0.0" });
    const [metadata] = await polled(device, "metadata");
    assert.deepEqual(metadata, offered!.payload);
    assert.deepEqual(await device.poll(0), []);
    const stored = new Uint8Array(SIZE);
    await download(device, metadata, stored, 0);
    assert.deepEqual(stored, new Uint8Array(image));
    assert.equal((await stage.task(task)).state, "verifying");
    const verify = { task_id: task, attempt: 1, checksum: checksumOf(stored) };
    const [success] = await device.say("verify", verify);
    // The answer may have been lost: the poll gives it as well, until it is deleted.
    assert.deepEqual(await device.poll(0), [success]);
    assert.deepEqual(await polled(device, "success"), [{ task_id: task, version: "2.0.0" }]);
    assert.deepEqual(await device.poll(0), []);
    const { state, attempt, received } = await stage.task(task);
    assert.deepEqual([state, attempt, received], ["succeeded", 1, SIZE]);
    const rows = (await stage.rows("pump-7")).filter(({ type }) => type === "MessageDelivered");
    assert.deepEqual(rows.map(({ data }) => data.kind), ["metadata", "success"]);
    const [idle] = await device.say("request", {});
    assert.deepEqual(idle!.payload.last, { task_id: task, state: "succeeded", version: "2.0.0" });
    assert.equal(checksum, checksumOf(image));
  });
});

Deno.test("over HTTP alone a retry says which chunks to fetch again, and where", async () => {
  await inScene(async ({ stage, device, image, checksum, task }) => {
    await device.say("request", {});
    const [metadata] = await polled(device, "metadata");
    const stored = new Uint8Array(SIZE);
    await download(device, metadata, stored, 0);
    stored[2 * CHUNK] = stored[2 * CHUNK]! ^ 1;
    await device.say("verify", { task_id: task, checksum: checksumOf(stored), bad_chunks: [2] });
    const [retry] = await polled(device, "retry");
    const { attempt, max_attempts, resume_from, bad_chunks } = retry;
    assert.deepEqual([attempt, max_attempts, resume_from, bad_chunks], [2, 4, 2 * CHUNK, [2]]);
    const again = { ...metadata, attempt };
    await download(device, again, stored, 2 * CHUNK, 3 * CHUNK);
    assert.deepEqual(stored, new Uint8Array(image));
    await device.say("verify", { task_id: task, attempt, checksum });
    await polled(device, "success");
    const ended = await stage.task(task);
    assert.deepEqual([ended.state, ended.attempt], ["succeeded", 2]);
  });
});

Deno.test("over HTTP alone a device that booted the version has succeeded", async () => {
  await inScene(async ({ stage, device, checksum, task }) => {
    await device.say("request", {});
    await polled(device, "metadata");
    await device.say("verify", { checksum });
    assert.deepEqual(await polled(device, "verified"), [{ task_id: task, completion: "booted" }]);
    for (const status of ["installing", "rebooting"]) {
      assert.deepEqual(await device.say("status", { task_id: task, status }), []);
      assert.equal((await stage.task(task)).state, status);
    }
    await device.say("status", { task_id: task, status: "booted", version: "2.0.0" });
    await polled(device, "success");
    assert.equal((await stage.task(task)).state, "succeeded");
    assert.equal((await stage.ask("GET", "/devices/pump-7")).body.version, "2.0.0");
  }, { completion: "booted" });
});

Deno.test("a device goes from MQTT to HTTP and back with the same task and attempt", async () => {
  await inScene(async ({ stage, device, token, image, checksum, task }) => {
    const stored = new Uint8Array(SIZE);
    const names = ({ task_id, attempt, url }: HttpMessage["payload"]) => [task_id, attempt, url];
    let overMqtt: HttpMessage["payload"];
    {
      await using mqtt = await RawDevice.connect(stage.house.mqttUrl, "pump-7", token);
      ({ payload: overMqtt } = await mqtt.hears("metadata"));
      stored.set(await device.bytes(overMqtt.url, 0, 2 * CHUNK, SIZE));
      await mqtt.say("progress", { task_id: task, attempt: 1, received: 2 * CHUNK });
    }
    // What it has confirmed over MQTT is not owed to it over HTTP.
    assert.deepEqual(await device.poll(0), []);
    const [overHttp] = await device.say("request", { resume_from: 2 * CHUNK });
    assert.deepEqual(names(overHttp!.payload), names(overMqtt));
    assert.equal(overHttp!.payload.resume_from, 2 * CHUNK);
    await download(device, overHttp!.payload, stored, 2 * CHUNK, 4 * CHUNK);
    await using mqtt = await RawDevice.connect(stage.house.mqttUrl, "pump-7", token);
    await mqtt.say("request", { resume_from: 4 * CHUNK });
    const { payload: back } = await mqtt.hears("metadata");
    assert.deepEqual([...names(back), back.resume_from], [...names(overMqtt), 4 * CHUNK]);
    stored.set(await device.bytes(back.url, 4 * CHUNK, SIZE, SIZE), 4 * CHUNK);
    assert.deepEqual(stored, new Uint8Array(image));
    await mqtt.say("verify", { task_id: task, attempt: 1, checksum });
    await mqtt.hears("success");
    const ended = await stage.task(task);
    assert.deepEqual([ended.state, ended.attempt], ["succeeded", 1]);
    assert.deepEqual(mqtt.unheard, []);
  });
});

Deno.test("a long poll gives cancel and the urgent metadata in one answer, in that order", async () => {
  await inScene(
    async ({ stage, device, checksum, task }) => {
      await device.say("request", {});
      const [first] = await polled(device, "metadata");
      await device.say("progress", { task_id: task, received: 2 * CHUNK });
      const urgentSum = await stage.upload("3.0.0", randomImage(5_000));
      const waiting = polled(device, "cancel", "metadata");
      await listening(stage, "pump-7");
      const urgent = await stage.order("pump-7", "3.0.0", urgentSum, { priority: "security" });
      const [cancel, metadata] = await waiting;
      assert.deepEqual(cancel, { task_id: task, reason: "preempted" });
      assert.deepEqual([metadata.task_id, metadata.checksum], [urgent, urgentSum]);
      assert.deepEqual(await device.poll(0), []);
      await device.say("verify", { task_id: urgent, checksum: urgentSum });
      const [, again] = await polled(device, "success", "metadata");
      // The one that had to yield goes on where it was.
      assert.deepEqual([again.task_id, again.attempt], [task, first.attempt]);
      assert.equal(again.resume_from, 2 * CHUNK);
      await device.say("verify", { task_id: task, checksum });
      await polled(device, "success");
    },
    { priority: "low" },
    "9.0.0",
  );
});

Deno.test("a device that never deletes is told the newest of its task each time, and nothing grows", async () => {
  await inScene(async ({ stage, device, checksum, task }) => {
    const told = async (...kinds: string[]) => {
      const before = (await stage.rows("pump-7")).length;
      for (let turn = 0; turn < 20; turn++) {
        // The first may wait; one that waits again is held back for a while.
        assert.deepEqual(kindsOf(await device.poll(turn === 0 ? 30 : 0)), kinds);
      }
      return (await stage.rows("pump-7")).length - before;
    };
    // The first poll makes the offer; to be told it again is no fact.
    assert.equal(await told("metadata"), 1);
    await device.say("verify", { task_id: task, attempt: 1, checksum: WRONG });
    assert.equal(await told("retry"), 0);
    await device.say("verify", { task_id: task, attempt: 2, checksum });
    assert.equal(await told("success"), 0);
    assert.equal((await stage.task(task)).attempt, 2);
  });
});

Deno.test("a success stays owed, though it makes everything that waits pointless", async () => {
  await inScene(async ({ stage, device, checksum, task }) => {
    await polled(device, "metadata");
    const waiting: string[] = [];
    for (let n = 0; n < 15; n++) {
      const version = n === 0 ? "3.0.0" : `1.0.${n}`;
      const sum = await stage.upload(version, randomImage(1_000 + n));
      waiting.push(await stage.order("pump-7", version, sum, { priority: "low" }));
    }
    const [success, ...more] = await device.say("verify", { task_id: task, checksum });
    assert.deepEqual([success?.payload, more], [{ task_id: task, version: "2.0.0" }, []]);
    for (const id of waiting.slice(1)) assert.equal((await stage.task(id)).state, "superseded");
    // The end of what the device never heard of is no news that takes the place of this.
    await stage.ask("POST", `/tasks/${waiting[0]}/cancel`);
    assert.deepEqual(await device.poll(0), [success]);
    const [again, idle] = await device.say("request", {});
    assert.deepEqual(again, success);
    assert.equal(idle!.payload.last.task_id, task);
  });
});

Deno.test("a success and the end of the task that it made pointless both stay owed", async () => {
  await inScene(async ({ stage, device, task }) => {
    await polled(device, "metadata");
    await device.say("progress", { task_id: task, received: CHUNK });
    const sum = await stage.upload("3.0.0", randomImage(5_000));
    await stage.order("pump-7", "3.0.0", sum, { priority: "security" });
    await polled(device, "cancel", "metadata");
    const answers = await device.say("verify", { checksum: sum });
    assert.deepEqual(kindsOf(answers), ["success", "failed"]);
    assert.deepEqual(await device.poll(0), answers);
    const [, failed] = await polled(device, "success", "failed");
    assert.deepEqual([failed.task_id, failed.state], [task, "superseded"]);
    assert.deepEqual(await device.poll(0), []);
  });
});

Deno.test("fifty devices that poll are each told of their own order as it is made", async () => {
  await inHouse(async (stage) => {
    const image = randomImage(SIZE);
    const checksum = await stage.upload("2.0.0", image);
    const ids = Array.from({ length: 50 }, (_, n) => `pump-${n}`);
    const devices = await Promise.all(
      ids.map(async (id) =>
        new HttpDevice(() => stage.house.httpUrl, id, await stage.register(id))
      ),
    );
    const waiting = devices.map((device) => device.poll(60));
    for (const id of ids) await listening(stage, id);
    const asked = performance.now();
    const tasks = await Promise.all(ids.map((id) => stage.order(id, "2.0.0", checksum)));
    const offers = await Promise.all(waiting);
    const ms = performance.now() - asked;
    console.log(`50 orders reached 50 long polls in ${ms.toFixed(0)} ms`);
    assert.ok(ms < 30_000);
    for (const [index, messages] of offers.entries()) {
      const [{ topic, payload }] = messages as [HttpMessage];
      assert.deepEqual([topic, payload.task_id, messages.length], [
        `/ota/pump-${index}/metadata`,
        tasks[index],
        1,
      ]);
    }
    const ends = await Promise.all(devices.map(async (device, index) => {
      await device.confirm(offers[index]!);
      return kindsOf(await device.say("verify", { task_id: tasks[index], checksum }));
    }));
    assert.deepEqual(ends, ids.map(() => ["success"]));
    const { items } = (await stage.ask("GET", "/tasks?state=succeeded&limit=100")).body;
    assert.equal(items.length, 50);
  });
});

/** Until the engine has taken the device's long poll. */
async function listening({ house: { engine } }: Stage, device: string): Promise<void> {
  const until = performance.now() + 20_000;
  while (!engine.isListening(device)) {
    assert.ok(performance.now() < until, `${device} does not listen`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
