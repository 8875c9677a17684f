/** The real engine behind the real Mosquitto, killed at any moment while devices go on reporting. */
import assert from "node:assert/strict";
import { Operator, randomImage, soon } from "../e2e/house.ts";
import { inFolder } from "../support/folder.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { BrokerDevice, reportOf } from "./broker_device.ts";
import { Draw, seedOf } from "./draw.ts";
import { EngineProcess, TOKEN, underStrace } from "./engine_process.ts";
import { readLog } from "./log_check.ts";

const KILLS = 15;
const DEVICES = 20;
/** Large enough that no report says that all of it is stored. */
const IMAGE_BYTES = 65_536;
/** The limits that `broker-config` sets: a broker that drops messages can lose them. */
const SETTINGS = [
  "allow_anonymous true",
  "max_inflight_messages 1000",
  "max_queued_messages 1000000",
  "set_tcp_nodelay true",
];
/** As in the test of the embedded broker: most kills fall between a commit and its acknowledgement. */
const SLOW_DISK = "fdatasync,fsync:delay_exit=10000";
const LIFE_MS = 500;
const DOWN_MS = 200;
/** Every so manieth kill comes while the engine starts. */
const AT_START_EVERY = 5;
/** More than this of one device would be refused as too much (`rate_limited`). */
const REPORTS_MAX = 280;
/** Reports in one go: one after the other, some, and more than a device's state remembers. */
const BURSTS = [1, 3, 10, 50];

type Fleet = ReadonlyMap<string, BrokerDevice>;

/** Kills the engine again and again, and starts it once more. */
async function killAgainAndAgain(engine: EngineProcess, fleet: Fleet, draw: Draw): Promise<void> {
  for (let kills = 1; kills <= KILLS; kills++) {
    const isAtStart = kills % AT_START_EVERY === 0;
    const started = engine.start();
    if (!isAtStart) assert.ok(await started, engine.said);
    const said = sayWithin(LIFE_MS, fleet, draw, kills);
    await pause(draw.below(LIFE_MS));
    await engine.end("SIGKILL");
    await Promise.all([started, said, sayWithin(DOWN_MS, fleet, draw, kills)]);
  }
  assert.ok(await engine.start(), engine.said);
}

/** Every device says something at a drawn moment; never more than its share of all it may say. */
async function sayWithin(ms: number, fleet: Fleet, draw: Draw, round: number): Promise<void> {
  const says = [...fleet.values()].map(async (device) => {
    await pause(draw.below(ms));
    const left = Math.floor(REPORTS_MAX * round / KILLS) - device.reports;
    await device.sayMany(Math.min(draw.of(BURSTS), left));
  });
  await Promise.all(says);
}

/** The moments are drawn, not awaited. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Devices with a task each; the engine has been started and stopped once. */
async function prepare(engine: EngineProcess, url: string): Promise<[Fleet, checksum: string]> {
  assert.ok(await engine.start(), engine.said);
  const operator = new Operator(() => engine.httpUrl, () => TOKEN);
  const checksum = await operator.upload("1.1.0", randomImage(IMAGE_BYTES));
  const fleet = new Map<string, BrokerDevice>();
  for (let n = 0; n < DEVICES; n++) {
    const id = `pump-${n}`;
    await operator.register(id);
    const device = await BrokerDevice.open(url, id);
    fleet.set(id, device);
    const offered = device.hears("metadata");
    await operator.order(id, "1.1.0", checksum);
    await soon(offered, `the metadata for ${id}`);
  }
  assert.equal(await engine.end("SIGTERM"), 0);
  return [fleet, checksum];
}

async function succeed(fleet: Fleet, checksum: string): Promise<void> {
  await Promise.all([...fleet].map(async ([id, device]) => {
    const success = device.hears("success");
    await device.say("verify", { checksum });
    await soon(success, `the success of ${id}`);
  }));
}

async function story(folder: string, version: string): Promise<void> {
  const draw = new Draw(seedOf(`broker_engine_kill_test ${version}`));
  const data = `${folder}/data`;
  await using broker = await Mosquitto.withSettings(folder, SETTINGS);
  const flags = ["--broker", broker.url(), "--broker-mqtt", version];
  await using engine = await EngineProcess.on(data, underStrace(SLOW_DISK), flags);
  const [fleet, checksum] = await prepare(engine, broker.url());
  try {
    await killAgainAndAgain(engine, fleet, draw);
    await succeed(fleet, checksum);
  } finally {
    await Promise.all([...fleet.values()].map((device) => device.close()));
  }
  assert.equal(await engine.end("SIGTERM"), 0);
  assert.equal(engine.said, "");
  const { reports, tasks, rows } = await readLog(data, reportOf);
  for (const [id, { acknowledged }] of fleet) {
    assert.deepEqual(reports.get(`device/${id}`), acknowledged, id);
  }
  assert.equal(tasks.size, DEVICES);
  for (const task of tasks.values()) assert.deepEqual(task, { state: "succeeded", attempt: 1 });
  const total = [...fleet.values()].reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  console.log(
    `MQTT ${version}: ${KILLS} kills, ${DEVICES} devices, ${total} reports, ${rows} rows`,
  );
}

for (const version of ["5", "3.1.1"]) {
  Deno.test({
    name: `${KILLS} SIGKILLs of an engine behind a broker (MQTT ${version}): ` +
      "nothing the broker took is lost or counted twice",
    ignore: ignoresMosquitto,
    fn: () => inFolder((folder) => story(folder, version)),
  });
}
