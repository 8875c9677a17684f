/** Logs of any length, made quickly by the real engine on the real store: nothing in them is forged. */
import { createHash } from "node:crypto";
import manifest from "../../deno.json" with { type: "json" };
import { parseReport, requestUpgrade } from "../../core/mod.ts";
import type { ReportKind } from "../../core/mod.ts";
import { startEngine } from "../../core/engine/mod.ts";
import type {
  Answer,
  Command,
  Engine,
  EngineOptions,
  Input,
  Observer,
  Store,
} from "../../core/engine/mod.ts";
import {
  logIdentity,
  machineClock,
  machineDigest,
  makeDataFolder,
} from "../../adapters/host/mod.ts";
import { openSqlite } from "../../adapters/sqlite/mod.ts";
import type { Login } from "./light_device.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

/** Devices that are led through their upgrades together: their inputs fit the engine's queue. */
const TOGETHER = 1_000;
const IMAGE = "5a".repeat(32);
const IMAGE_BYTES = 262_144;
/** Upgrades of each device of a made log. */
const UPGRADES = 27;
/** Registration and token; then for each upgrade the order, the reports and the delivery. */
const ROWS_PER_DEVICE = 2 + UPGRADES * 7;

/** What a device says in an upgrade. */
const story: readonly [ReportKind, object][] = [
  ["request", { current_version: "1.0.0" }],
  ["progress", { percent: 25 }],
  ["progress", { percent: 60 }],
  ["progress", { percent: 100 }],
  ["verify", { checksum: `sha256:${IMAGE}` }],
];

/** An engine in this process that nobody but the caller talks to. */
export interface QuietEngine extends AsyncDisposable {
  readonly engine: Engine;
}

/** Opens the data folder as `serve` does, without a broker and without HTTP. */
export async function quietEngine(folder: string, observer: Observer = {}): Promise<QuietEngine> {
  await makeDataFolder(folder);
  const identity = await logIdentity(folder);
  const { store, close } = await openSqlite(folder);
  const engine = await engineOn(store, identity, observer);
  return { engine, [Symbol.asyncDispose]: () => engine.stop().then(close) };
}

/** An engine on that store; what it sends goes nowhere. */
export function engineOn(
  store: Store,
  identity: EngineOptions["identity"],
  observer: Observer = {},
): Promise<Engine> {
  const outbox = { send: () => {}, disconnect: () => {} };
  const { version } = manifest;
  const ports = { store, clock: machineClock, outbox, digest: machineDigest, observer };
  // As this version would have made it: an engine that starts on it has nothing to decide again.
  return startEngine(ports, { baseUrl: "http://127.0.0.1:8000", identity, version });
}

/** The login of the device of that number. */
export function loginOf(number: number): Login {
  return { id: `d-${number}`, token: `token-of-the-device-${number}` };
}

/** Makes devices known, many at once. */
export async function register(engine: Engine, devices: readonly Login[]): Promise<void> {
  for (const group of groups(devices)) {
    await Promise.all(group.map(({ id: device, token }) => {
      const tokenSha256 = createHash("sha256").update(token).digest("hex");
      return command(engine, {
        type: "registerDevice",
        device,
        tokenSha256,
        tokenSha512: ANY_SHA512,
      });
    }));
  }
}

/** Names a version of an image whose bytes nobody will ask for. */
export async function nameFirmware(engine: Engine): Promise<void> {
  const image = { sha256: IMAGE, size: IMAGE_BYTES, sha1: "0".repeat(40), md5: "0".repeat(32) };
  const [version, name] = ["2.0.0", "2.0.0.bin"];
  await command(engine, { type: "addFirmware", image, version, product: null, name });
}

/** Orders the upgrade to {@link nameFirmware}'s version; the name of the task. */
export async function order(engine: Engine, device_id: string): Promise<string> {
  const checksum = `sha256:${IMAGE}`;
  const request = requestUpgrade.parse({ device_id, firmware_version: "2.0.0", checksum });
  const answer = await command(engine, { type: "requestUpgrade", request });
  if (answer.result?.type !== "task") throw new Error(`No task for ${device_id}`);
  return answer.result.task;
}

/** A report as an adapter hands it in. */
export function reportOf(device: string, report: ReportKind, body: object): Input {
  const parsed = parseReport(report, new TextEncoder().encode(JSON.stringify(body)));
  return { kind: "report", device, report, parsed, via: "mqtt" };
}

/** Hands an input in. @throws {Error} when it is refused. */
export async function submit(engine: Engine, input: Input): Promise<Answer & { ok: true }> {
  const answer = await engine.submit(input);
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer;
}

/** A data folder with a log of at least so many rows: whole upgrades of a fleet; how many they are. */
export async function makeLog(folder: string, rows: number): Promise<number> {
  let made = 0;
  const count = (batch: { rows: number }) => void (made += batch.rows);
  await using quiet = await quietEngine(folder, { committed: count });
  const { engine } = quiet;
  await nameFirmware(engine);
  const devices = Array.from({ length: Math.ceil(rows / ROWS_PER_DEVICE) }, (_, i) => loginOf(i));
  for (const group of groups(devices)) {
    await register(engine, group);
    for (let upgrade = 0; upgrade < UPGRADES; upgrade++) await upgradeAll(engine, group);
  }
  return made;
}

async function upgradeAll(engine: Engine, devices: readonly Login[]): Promise<void> {
  const tasks = await Promise.all(devices.map(({ id }) => order(engine, id)));
  await Promise.all(
    devices.flatMap(({ id }) =>
      story.map(([kind, body]) => submit(engine, reportOf(id, kind, body)))
    ),
  );
  await Promise.all(devices.map(({ id: device }, index) => {
    const task = tasks[index]!;
    return submit(engine, { kind: "delivered", device, task, message: "success", attempt: 1 });
  }));
}

async function command(engine: Engine, command: Command): Promise<Answer & { ok: true }> {
  return await submit(engine, { kind: "command", actor: "operator:bench", command });
}

function* groups(devices: readonly Login[]): Iterable<readonly Login[]> {
  for (let from = 0; from < devices.length; from += TOGETHER) {
    yield devices.slice(from, from + TOGETHER);
  }
}
