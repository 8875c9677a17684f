/** The real Mosquitto killed in the middle of a campaign, with a memory of its own and without one. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd } from "../../adapters/device/mod.ts";
import { Operator, randomImage, soon } from "../e2e/house.ts";
import { inFolder } from "../support/folder.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { BrokerDevice } from "./broker_device.ts";
import { drawn } from "./draw.ts";
import type { Draw } from "./draw.ts";
import { EngineProcess, TOKEN } from "./engine_process.ts";
import { readLog } from "./log_check.ts";

const KILLS = 3;
const DEVICES = 50;
const VERSION = "1.1.0";
const IMAGE_BYTES = 1_048_576;
/** 32 of them: a download is long enough to be interrupted. */
const CHUNK_KIB = 32;
/** The broker lives so long at most after the orders of a round, and is away so long at most. */
const LIFE_MS = 600;
const DOWN_MS = 300;
/** A link that was lost again and again waits longer and longer. */
const AGAIN_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** What the operator is told of a broker that dies and comes back, and nothing else. */
const COMPLAINTS = /^(No connection to the broker .+|The broker can be reached again\.)$/;

/** The upgrades of a fleet, in as many rounds as there are kills. */
class Campaign {
  readonly #operator: Operator;
  readonly #checksum: string;
  readonly #ids: string[];

  constructor(operator: Operator, checksum: string, ids: readonly string[]) {
    this.#operator = operator;
    this.#checksum = checksum;
    this.#ids = [...ids];
  }

  /** Orders the next so many upgrades; every third device has to boot what it was given. */
  async order(count: number): Promise<void> {
    await Promise.all(
      this.#ids.splice(0, count).map(async (id, index) => {
        const completion = index % 3 === 0 ? "booted" : "verified";
        const more = { completion, chunk_size: CHUNK_KIB };
        await this.#operator.order(id, VERSION, this.#checksum, more);
      }),
    );
  }
}

/** In each round upgrades are ordered before the broker dies, and while it is dead. */
async function killAgainAndAgain(
  broker: Mosquitto,
  engine: EngineProcess,
  campaign: Campaign,
  draw: Draw,
): Promise<void> {
  const share = Math.ceil(DEVICES / KILLS / 2);
  for (let kills = 1; kills <= KILLS; kills++) {
    await campaign.order(share);
    await pause(draw.below(LIFE_MS));
    await broker.end("SIGKILL");
    await isReady(engine, 503);
    await campaign.order(share);
    await pause(draw.below(DOWN_MS));
    await broker.start();
    await isReady(engine, 200);
  }
}

/** Resolves when `/readyz` says so: the link is up, or is not. */
async function isReady({ httpUrl }: EngineProcess, wanted: 200 | 503): Promise<void> {
  const end = performance.now() + AGAIN_MS;
  for (let status = 0; status !== wanted;) {
    assert.ok(performance.now() < end, `/readyz never said ${wanted}`);
    const response = await fetch(`${httpUrl}/readyz`);
    await response.body?.cancel();
    status = response.status;
    if (status !== wanted) await pause(LOOK_EVERY_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function campaignStory(
  folder: string,
  settings: readonly string[],
  draw: Draw,
): Promise<void> {
  const data = `${folder}/data`;
  await using broker = await Mosquitto.withSettings(folder, ["allow_anonymous true", ...settings]);
  await using engine = await EngineProcess.on(data, [], ["--broker", broker.url()]);
  assert.ok(await engine.start(), engine.said);
  const operator = new Operator(() => engine.httpUrl, () => TOKEN);
  const checksum = await operator.upload(VERSION, randomImage(IMAGE_BYTES));
  const stop = new AbortController();
  const runs = new Map<string, Promise<DeviceEnd>>();
  for (let n = 0; n < DEVICES; n++) {
    const id = `pump-${n}`;
    const token = await operator.register(id);
    const device = new VirtualDevice({
      id,
      token,
      folder: `${folder}/devices`,
      mqttUrl: broker.url(),
      version: "1.0.0",
    });
    runs.set(id, device.run(stop.signal));
  }
  const all = Promise.all(runs.values());
  all.catch(() => {});
  try {
    const campaign = new Campaign(operator, checksum, [...runs.keys()]);
    await killAgainAndAgain(broker, engine, campaign, draw);
    const ends = await soon(all, "the end of every upgrade", 90_000);
    assert.deepEqual(ends.filter(({ outcome }) => outcome !== "succeeded"), []);
  } finally {
    stop.abort(new Error("The test is over"));
    await Promise.allSettled(runs.values());
  }
  assert.equal(await engine.end("SIGTERM"), 0);
  const complaints = engine.said.trimEnd().split("\n");
  assert.deepEqual(complaints.filter((line) => !COMPLAINTS.test(line)), []);
  const { tasks, rows } = await readLog(data);
  assert.equal(tasks.size, DEVICES);
  for (const task of tasks.values()) assert.deepEqual(task, { state: "succeeded", attempt: 1 });
  console.log(`${KILLS} kills, ${DEVICES} upgrades, ${rows} rows, ${settings.join(", ")}`);
}

const memories = [["persistence true", "autosave_interval 1"], ["persistence false"]];

for (const settings of memories) {
  Deno.test({
    name: `A broker killed in mid-campaign (${settings[0]}): every upgrade succeeds at once`,
    ignore: ignoresMosquitto,
    fn: () =>
      inFolder((folder) => drawn("The campaign", (draw) => campaignStory(folder, settings, draw))),
  });
}

async function absenceStory(folder: string, version: string): Promise<void> {
  await using broker = await Mosquitto.withSettings(folder, ["allow_anonymous true"]);
  const flags = ["--broker", broker.url(), "--broker-mqtt", version];
  await using engine = await EngineProcess.on(`${folder}/data`, [], flags);
  assert.ok(await engine.start(), engine.said);
  const operator = new Operator(() => engine.httpUrl, () => TOKEN);
  const checksum = await operator.upload(VERSION, randomImage(IMAGE_BYTES));
  await operator.register("pump");
  const task = await operator.order("pump", VERSION, checksum);
  const hears = async (...kinds: string[]) => {
    const device = await BrokerDevice.open(broker.url(), "pump");
    try {
      const heard = Promise.race(kinds.map((kind) => device.hears(kind)));
      await device.say("request", {});
      await soon(heard, kinds.join(" or "));
    } finally {
      await device.close();
    }
  };
  await hears("metadata");
  assert.equal((await operator.ask("POST", `/tasks/${task}/cancel`)).status, 200);
  // To a broker that took it with QoS 2 for nobody, it was delivered: then `idle` names the outcome.
  await hears("cancel", "idle");
  assert.equal((await operator.task(task)).state, "cancelled");
  assert.equal(await engine.end("SIGTERM"), 0);
  assert.equal(engine.said, "");
}

for (const version of ["5", "3.1.1"]) {
  Deno.test({
    name: `A device that was away hears what it is owed when it asks (MQTT ${version})`,
    ignore: ignoresMosquitto,
    fn: () => inFolder((folder) => absenceStory(folder, version)),
  });
}
