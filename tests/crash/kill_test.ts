/** The real engine under a whole fleet, killed at any moment, again and again. */
import assert from "node:assert/strict";
import { checksumOf, Operator, randomImage, soon } from "../e2e/house.ts";
import { inFolder } from "../support/folder.ts";
import { drawn } from "./draw.ts";
import type { Draw } from "./draw.ts";
import { EngineProcess, TOKEN, underStrace } from "./engine_process.ts";
import { FleetDevice, order } from "./fleet_device.ts";
import type { FleetImage } from "./fleet_device.ts";
import { readLog } from "./log_check.ts";

const KILLS = 50;
const DEVICES = 200;
const IMAGE_BYTES = 2 * 1_048_576;
/** More than a device gets through while the engine is being killed. */
const IMAGES = 24;
/**
 * The disk takes 10 ms to say that it has synced: most kills then fall between a commit and its
 * acknowledgement, where a mistake would show.
 */
const SLOW_DISK = "fdatasync,fsync:delay_exit=10000";
/** An engine lives so long between two kills. */
const LIFE_MS = { min: 200, spread: 800 };
/** Every so manieth kill comes while the engine starts. */
const AT_START_EVERY = 10;
const START_MS = 200;
/** After the last kill everything begun must be done within so long. */
const FINISH_MS = 150_000;

/** Starts and kills the engine, and starts it once more. */
async function killAgainAndAgain(engine: EngineProcess, draw: Draw): Promise<void> {
  for (let kills = 1; kills <= KILLS; kills++) {
    const isAtStart = kills % AT_START_EVERY === 0;
    const started = engine.start();
    if (!isAtStart) assert.ok(await started, engine.said);
    await pause(isAtStart ? draw.below(START_MS) : LIFE_MS.min + draw.below(LIFE_MS.spread));
    await engine.end("SIGKILL");
    await started;
  }
  assert.ok(await engine.start(), engine.said);
}

/** The moment of a kill is drawn, not awaited. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function upload(operator: Operator): Promise<FleetImage[]> {
  const images: FleetImage[] = [];
  const bytes = randomImage(IMAGE_BYTES);
  for (let n = 1; n <= IMAGES; n++) {
    bytes[0] = n;
    const version = `1.${n}.0`;
    images.push({ version, checksum: await operator.upload(version, bytes), size: IMAGE_BYTES });
    assert.equal(images.at(-1)!.checksum, checksumOf(bytes));
  }
  return images;
}

async function story(folder: string, draw: Draw): Promise<void> {
  const data = `${folder}/data`;
  await using engine = await EngineProcess.on(data, underStrace(SLOW_DISK));
  assert.ok(await engine.start(), engine.said);
  const operator = new Operator(() => engine.httpUrl, () => TOKEN);
  const images = await upload(operator);
  const around = {
    httpUrl: engine.httpUrl,
    mqttUrl: engine.mqttUrl,
    up: () => engine.up(),
    order: (device: string, image: FleetImage, completion: string) =>
      order(operator, device, image, completion),
  };
  const fleet = new Map<string, FleetDevice>();
  for (let n = 0; n < DEVICES; n++) {
    const id = `pump-${n}`;
    fleet.set(id, new FleetDevice(id, await operator.register(id), around));
  }
  assert.equal(await engine.end("SIGTERM"), 0);
  let isOver = false;
  const runs = [...fleet.values()].map((device) => device.run(images, () => isOver));
  const all = Promise.all(runs);
  await Promise.race([killAgainAndAgain(engine, draw), all]);
  isOver = true;
  await soon(all, "the end of every upgrade", FINISH_MS);
  assert.equal(await engine.end("SIGTERM"), 0);
  assert.equal(engine.said, "");
  const { reports, tasks, rows } = await readLog(data);
  for (const [id, device] of fleet) {
    assert.deepEqual(device.refused, []);
    // The device never says the next report before the last is acknowledged: both lists are equal.
    assert.deepEqual(reports.get(`device/${id}`), device.acknowledged, id);
    for (const task of device.succeeded) {
      assert.deepEqual(tasks.get(task), { state: "succeeded", attempt: 1 }, task);
    }
  }
  const total = [...fleet.values()].reduce((sum, { succeeded }) => sum + succeeded.length, 0);
  assert.equal(tasks.size, total);
  const acknowledged = [...fleet.values()].flatMap((device) => device.acknowledged).length;
  console.log(`${KILLS} kills, ${total} upgrades, ${acknowledged} reports, ${rows} rows`);
}

Deno.test("50 SIGKILLs under 200 devices: nothing acknowledged is lost or doubled, every upgrade succeeds", () =>
  inFolder((folder) => drawn("The fleet", (draw) => story(folder, draw))));
