/** A virtual device whose task has to make way for a more urgent one. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd } from "../../adapters/device/mod.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";

/** Small chunks make the first download last long enough to be interrupted. */
const LOW = { size: 1_000_000, order: { chunk_size: 1 } };
const URGENT = { size: 50_000, order: { chunk_size: 64, priority: "security" } };

/** In the middle of the first download the urgent one is ordered; `task` is the first. */
async function preempted(
  stage: Stage,
  version: string,
  urgent: string,
): Promise<{ end: DeviceEnd; task: string; stored: string; checksum: string }> {
  const token = await stage.register("pump-7");
  const checksum = await stage.upload(version, randomImage(LOW.size));
  const urgentSum = await stage.upload(urgent, randomImage(URGENT.size));
  const task = await stage.order("pump-7", version, checksum, LOW.order);
  const { promise: halfWay, resolve } = Promise.withResolvers<void>();
  const device = new VirtualDevice({
    id: "pump-7",
    token,
    mqttUrl: stage.house.mqttUrl,
    folder: `${stage.folder}/device`,
    version: "1.0.0",
    onEvent: (event) => {
      if (event.type === "stored" && event.received > LOW.size / 4) resolve();
    },
  });
  const run = device.run();
  await soon(Promise.race([halfWay, run]), "a quarter of the image");
  await stage.order("pump-7", urgent, urgentSum, URGENT.order);
  const end = await soon(run, "the end of the device");
  const stored = checksumOf(await Deno.readFile(`${stage.folder}/device/pump-7.bin`));
  return { end, task, stored, checksum };
}

Deno.test("a device goes to the urgent task, then on with the other at its byte", async () => {
  await inHouse(async (stage) => {
    const { end, task, stored, checksum } = await preempted(stage, "3.0.0", "2.0.0");
    assert.deepEqual([end.outcome, end.taskId], ["succeeded", task]);
    assert.equal(stored, checksum);
    assert.equal(end.stats.bytesFetched, LOW.size + URGENT.size);
    const { items } = (await stage.ask("GET", "/tasks")).body;
    const ends = items.map(({ state, attempt }: { state: string; attempt: number }) => [
      state,
      attempt,
    ]);
    assert.deepEqual(ends, [["succeeded", 1], ["succeeded", 1]]);
    assert.equal((await stage.ask("GET", "/devices/pump-7")).body.version, "3.0.0");
    const left = [...Deno.readDirSync(`${stage.folder}/device`)].map(({ name }) => name);
    assert.deepEqual(left.sort(), ["pump-7.bin", "pump-7.json"]);
  });
});

Deno.test("a device ends when the urgent task has made the other one pointless", async () => {
  await inHouse(async (stage) => {
    const { end, task } = await preempted(stage, "1.5.0", "2.0.0");
    assert.equal((await stage.task(task)).state, "superseded");
    assert.notEqual(end.outcome, "dark");
    assert.equal((await stage.ask("GET", "/devices/pump-7")).body.version, "2.0.0");
  });
});
