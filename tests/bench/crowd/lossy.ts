/** Very many devices that upgrade through a network that loses much: what came to them, and what was given. */
import { freePort } from "../../support/free_port.ts";
import { BadNetwork } from "../../support/network/bad_network.ts";
import { Weather } from "../../support/network/weather.ts";
import { weathers } from "../../support/network/weathers.ts";
import { Child } from "../child.ts";
import { loginOf } from "../made_log.ts";
import type { VirtualDevicesResult, VirtualDevicesTask } from "../scripts/virtual_devices.ts";
import { serve } from "../serve.ts";
import { makeFleet } from "./fleet.ts";

/** How it went. */
export interface Lossy {
  /** From the first device to the last success. */
  readonly seconds: number;
  /** As the devices say. */
  readonly came: VirtualDevicesResult;
  /** As the engine's records say: bytes that were given, and those of them that had been before. */
  readonly given: { readonly bytes: number; readonly repeated: number };
  /** As the networks count: bytes that came through to devices, messages and heads too, and losses. */
  readonly carried: number;
  readonly losses: number;
}

/** What each fetches. */
export const IMAGE_BYTES = 131_072;
/** More processes would only wait for each other. */
const PROCESSES = 2;
/** They begin one after the other: so many in a second. */
const DEVICES_PER_S = 50;

/** Lets so many devices upgrade. */
export async function lossy(
  folder: string,
  devices: number,
  say: (text: string) => void,
): Promise<Lossy> {
  say(`making ${devices} devices`);
  const data = `${folder}/data`;
  await makeFleet(data, devices, IMAGE_BYTES);
  const weather = new Weather({ delayMs: 10, ...weathers.lossy });
  const [host, port] = ["127.0.0.1", await freePort()];
  await using http = await BadNetwork.before({ host, port }, weather);
  const httpUrl = `http://127.0.0.1:${http.port}`;
  await using engine = await serve(data, ["--public-url", httpUrl], `${host}:${port}`);
  await using mqtt = await BadNetwork.before(engine.mqttUrl, weather);
  const count = Math.ceil(devices / PROCESSES);
  const withinMs = 1_000 * devices / DEVICES_PER_S;
  const started = performance.now();
  await using stack = new AsyncDisposableStack();
  const children = Array.from({ length: PROCESSES }, (_, n) => {
    const part = { from: n * count, count: Math.min(count, devices - n * count), withinMs };
    const urls = { mqttUrl: mqtt.url, httpUrl };
    const task: VirtualDevicesTask = { ...urls, folder: `${folder}/devices`, ...part };
    return stack.use(Child.script("virtual_devices", task));
  });
  say(`${devices} devices upgrade`);
  const results = await Promise.all(children.map(async (child): Promise<VirtualDevicesResult> => {
    return JSON.parse(await child.line("result "));
  }));
  const seconds = (performance.now() - started) / 1_000;
  const [losses, carried] = [
    http.counts.losses + mqtt.counts.losses,
    http.counts.bytes.down + mqtt.counts.bytes.down,
  ];
  const given = await givenBy(`http://${host}:${port}`, engine.authorization, devices);
  return { seconds, came: results.reduce(together), given, carried, losses };
}

async function givenBy(
  url: string,
  authorization: string,
  devices: number,
): Promise<Lossy["given"]> {
  const ask = async (path: string) =>
    await (await fetch(`${url}${path}`, { headers: { authorization } })).json();
  const given = { bytes: 0, repeated: 0 };
  for (let n = 0; n < devices; n++) {
    const { items: [task] } = await ask(`/tasks?device_id=${loginOf(n).id}`);
    const { attempts } = await ask(`/tasks/${task.task_id}/transfer`);
    for (const { bytes, repeated } of attempts) {
      given.bytes += bytes;
      given.repeated += repeated;
    }
  }
  return given;
}

function together(one: VirtualDevicesResult, other: VirtualDevicesResult): VirtualDevicesResult {
  return {
    succeeded: one.succeeded + other.succeeded,
    bytes: one.bytes + other.bytes,
    repeated: one.repeated + other.repeated,
    switches: one.switches + other.switches,
  };
}
