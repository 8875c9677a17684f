/** Bytes over MQTT by way of a real Mosquitto, started with what `broker-config` wrote. */
import assert from "node:assert/strict";
import { runBrokerConfig } from "../../adapters/cli/mod.ts";
import { Paper } from "../adapters/cli/paper.ts";
import { inFolder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { argsFor, DEVICES, ENGINE } from "./behind_mosquitto.ts";
import { brokerAt } from "./broker_house.ts";
import { CHUNK, hearsPart, partsFrom, SIZE, transfersOf } from "./chunk_stage.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";
import { RawDevice } from "./raw_device.ts";

interface Scene extends Stage {
  readonly broker: Mosquitto;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly checksum: string;
  /** The task. */
  readonly id: string;
  /** Logs the device in, which hears what the filters ask for. */
  enter(filters?: readonly string[]): Promise<RawDevice>;
}

/** Nobody's arguments but those of the test. */
const alone = { url: undefined, token: undefined };

/** Runs the story with an engine behind the broker, and a device that is to have an image. */
function behind(name: string, story: (scene: Scene) => Promise<void>): void {
  const run = () =>
    inFolder(async (folder) => {
      const ports = [await freePort(), await freePort()];
      const out = `${folder}/broker`;
      const configure = (url: string, data: string) =>
        runBrokerConfig(argsFor(out, ports, url, data), new Paper(false), alone);
      // The engine's password is made before there is an engine; those of devices are not.
      await assert.rejects(configure("http://127.0.0.1:1", folder), /The files are there/);
      const password = (await Deno.readTextFile(`${out}/engine.password`)).trim();
      await using broker = await Mosquitto.withFile(`${out}/otalog.conf`, ports);
      await inHouse(async (stage) => {
        await soon(stage.house.ready, "ready");
        const token = await stage.register("pump-7");
        await configure(stage.house.httpUrl, `${stage.folder}/data`);
        const image = randomImage(SIZE);
        const checksum = await stage.upload("2.0.0", image);
        const id = await stage.order("pump-7", "2.0.0", checksum, { chunk_size: 64 });
        const enter = (filters?: readonly string[]) =>
          RawDevice.connect(broker.url(DEVICES), "pump-7", token, filters);
        await story(Object.assign(stage, { broker, image, checksum, id, enter }));
      }, { broker: brokerAt(ports[ENGINE]!, { username: "otalog", password }) });
    });
  Deno.test({ name: `behind Mosquitto: ${name}`, ignore: ignoresMosquitto, fn: run });
}

/** Asks what there is: nobody sees who connects. The offer may come twice. */
async function meet(device: RawDevice): Promise<void> {
  await device.say("request", {});
  await device.hears("metadata");
}

behind("a device fetches a whole image in the largest parts, and its digests", async (scene) => {
  const { id, image, enter } = scene;
  await using device = await enter();
  await meet(device);
  const largest = partsFrom(0, 131_072);
  await device.say("chunk/request", { task_id: id, parts: largest });
  for (const part of largest) await hearsPart({ device, id, image }, part);
  await device.say("chunks/request", { task_id: id, from: 0, count: 256 });
  const chunks = partsFrom(0).map(([start]) => checksumOf(image.subarray(start, start + CHUNK)));
  assert.deepEqual((await device.hears("chunks")).payload.chunks, chunks);
  await device.say("verify", { task_id: id, checksum: checksumOf(image) });
  await device.hears("success");
  assert.deepEqual(await transfersOf(scene, id), [
    { bytes: SIZE, requests: 3, repeated: 0, cuts: 0 },
  ]);
});

behind("a device that hears no chunks is told so", async ({ id, enter }) => {
  await using device = await enter(["+"]);
  await meet(device);
  await device.say("chunk/request", { task_id: id, parts: partsFrom(0) });
  const { payload } = await device.hears("rejected");
  assert.deepEqual([payload.code, payload.task_id], ["not_allowed", id]);
});

behind(
  "a device resumes at its byte, and one that asks for an old task is refused",
  async (scene) => {
    const { id, image, enter } = scene;
    {
      await using device = await enter();
      await meet(device);
      await device.say("chunk/request", { task_id: id, parts: partsFrom(0).slice(0, 2) });
      for (const part of partsFrom(0).slice(0, 2)) await hearsPart({ device, id, image }, part);
    }
    await using device = await enter();
    await device.say("request", { resume_from: 2 * CHUNK });
    assert.equal((await device.hears("metadata")).payload.resume_from, 2 * CHUNK);
    await device.say("chunk/request", { task_id: id, parts: partsFrom(2 * CHUNK) });
    for (const part of partsFrom(2 * CHUNK)) await hearsPart({ device, id, image }, part);
    const other = randomImage(SIZE);
    const checksum = await scene.upload("3.0.0", other);
    await scene.ask("POST", `/tasks/${id}/cancel`);
    const next = await scene.order("pump-7", "3.0.0", checksum);
    const heard = [await device.next(), await device.next()];
    assert.deepEqual(heard.map(({ topic }) => topic.split("/")[3]).sort(), ["cancel", "metadata"]);
    await device.say("chunk/request", { task_id: id, offset: 0, length: CHUNK });
    assert.equal((await device.hears("rejected")).payload.code, "ended");
    await device.say("chunk/request", { task_id: next, offset: CHUNK, length: CHUNK });
    await hearsPart({ device, id: next, image: other }, [CHUNK, CHUNK]);
  },
);

behind(
  "a broker that dies in the middle costs what was on its way, and nothing else",
  async (scene) => {
    const { id, image, enter, broker, house } = scene;
    const parts = partsFrom(0);
    {
      await using device = await enter();
      await meet(device);
      await device.say("chunk/request", { task_id: id, parts: parts.slice(0, 2) });
      for (const part of parts.slice(0, 2)) await hearsPart({ device, id, image }, part);
      await broker.end("SIGKILL");
    }
    await broker.start();
    await using device = await enter();
    // The engine looks again after a second or two: until then nobody answers.
    for (let look = 0; look < 400 && !house.engine.isListening("pump-7"); look++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await meet(device);
    const rest = parts.slice(2);
    await device.say("chunk/request", { task_id: id, parts: rest });
    const isPart = (topic: string) => topic.includes("/chunk/");
    for (const [start] of rest) {
      let heard = await device.next();
      // The offer may come once more: the broker has forgotten whom it told.
      while (!isPart(heard.topic)) heard = await device.next();
      assert.equal(heard.topic, `/ota/pump-7/chunk/${id}/${start}`);
      assert.ok(Buffer.from(image.subarray(start, start + CHUNK)).equals(heard.payload));
    }
    const [transfer] = await transfersOf(scene, id);
    assert.deepEqual([transfer!.bytes, transfer!.repeated], [SIZE, 0]);
  },
);
