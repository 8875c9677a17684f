/** The real engine behind the real Mosquitto, killed at any moment while devices go on reporting. */
import assert from "node:assert/strict";
import { Operator, randomImage, soon } from "../e2e/house.ts";
import { inFolder } from "../support/folder.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { BrokerDevice, reportOf } from "./broker_device.ts";
import { drawn } from "./draw.ts";
import type { Draw } from "./draw.ts";
import { EngineProcess, TOKEN, underStrace } from "./engine_process.ts";
import { readLog } from "./log_check.ts";

const KILLS = 10;
const DEVICES = 20;
/** Large enough that no report says that all of it is stored. */
const IMAGE_BYTES = 65_536;
/** The limits that `broker-config` sets: a broker that drops messages can lose them. */
const SETTINGS = [
  "allow_anonymous true",
  "max_inflight_messages 1000",
  "max_queued_messages 1000000",
  "set_tcp_nodelay true",
  "log_type notice",
  "log_type subscribe",
];
/** As in the test of the embedded broker: most kills fall between a commit and its acknowledgement. */
const SLOW_DISK = "fdatasync,fsync:delay_exit=10000";
const LIFE_MS = 400;
const DOWN_MS = 150;
/** Every so manieth kill comes while the engine starts. */
const AT_START_EVERY = 5;
/** More than this of one device would be refused as too much (`rate_limited`). */
const REPORTS_MAX = 280;
/** Reports in one go: one after the other, some, and more than a device's state remembers. */
const BURSTS = [1, 3, 10, 50];

/** Said by every device while there is no engine: in all more than the broker sends at once. */
const BACKLOG = 100;
/** An engine whose log does not grow for so long waits for something. */
const STILL_MS = 300;

type Fleet = ReadonlyMap<string, BrokerDevice>;

/** What a fleet is put through, once its engine has been stopped; afterwards the engine is there. */
interface Ordeal {
  readonly name: string;
  /** Of MQTT, between the engine and the broker. */
  readonly version: string;
  happens(stage: Stage): Promise<void>;
}

interface Stage {
  readonly broker: Mosquitto;
  readonly engine: EngineProcess;
  readonly operator: Operator;
  readonly fleet: Fleet;
  readonly draw: Draw;
}

/** Kills the engine again and again, and starts it once more. */
async function killAgainAndAgain({ engine, fleet, draw }: Stage): Promise<void> {
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

/**
 * The broker stands still while the engine acknowledges what was sent to it before; when it goes on, the
 * engine is dead, and the acknowledgements go with the connection, unread.
 */
async function loseAcknowledgements({ broker, engine, operator, fleet }: Stage): Promise<void> {
  for (const device of fleet.values()) await device.sayMany(BACKLOG);
  const { length } = broker.log;
  const started = engine.start();
  await broker.says(/in 1 \/ota\//, length);
  broker.signal("SIGSTOP");
  await standsStill(operator);
  await engine.end("SIGKILL");
  broker.signal("SIGCONT");
  await started;
  assert.ok(await engine.start(), engine.said);
}

/** Resolves when the engine decides nothing any more. */
async function standsStill(operator: Operator): Promise<void> {
  for (let [before, now] = [-1, 0]; before !== now;) {
    await pause(STILL_MS);
    before = now;
    const ids = Array.from({ length: DEVICES }, (_, n) => `pump-${n}`);
    const counts = ids.map(async (id) => (await operator.rows(id)).length);
    now = (await Promise.all(counts)).reduce((sum, count) => sum + count);
  }
}

/** The moments are drawn, not awaited. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Devices with a task each; the engine has been started and stopped once. */
async function prepare(
  engine: EngineProcess,
  operator: Operator,
  url: string,
): Promise<[Fleet, checksum: string]> {
  assert.ok(await engine.start(), engine.said);
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

async function story(folder: string, ordeal: Ordeal, draw: Draw): Promise<void> {
  const data = `${folder}/data`;
  await using broker = await Mosquitto.withSettings(folder, SETTINGS);
  const { name, version } = ordeal;
  const flags = ["--broker", broker.url(), "--broker-mqtt", version];
  await using engine = await EngineProcess.on(data, underStrace(SLOW_DISK), flags);
  const operator = new Operator(() => engine.httpUrl, () => TOKEN);
  const [fleet, checksum] = await prepare(engine, operator, broker.url());
  try {
    await ordeal.happens({ broker, engine, operator, fleet, draw });
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
    `${name}, MQTT ${version}: ${DEVICES} devices, ${total} reports, ${rows} rows`,
  );
}

const ordeals: readonly Ordeal[] = [
  { name: `${KILLS} SIGKILLs behind a broker`, version: "5", happens: killAgainAndAgain },
  { name: `${KILLS} SIGKILLs behind a broker`, version: "3.1.1", happens: killAgainAndAgain },
  { name: "Acknowledgements never read", version: "3.1.1", happens: loseAcknowledgements },
];

for (const ordeal of ordeals) {
  Deno.test({
    name: `${ordeal.name} (MQTT ${ordeal.version}): nothing it took is lost or counted twice`,
    ignore: ignoresMosquitto,
    fn: () => inFolder((folder) => drawn(ordeal.name, (draw) => story(folder, ordeal, draw))),
  });
}
