/** A script: devices that all take their upgrade at once; says how long each answer took. */
import { createHash } from "node:crypto";
import { LightDevice } from "../light_device.ts";
import type { Login } from "../light_device.ts";
import { taskOf, told } from "./stdin.ts";

/** What it is told. */
export interface UpgradesTask {
  readonly mqttUrl: string;
  readonly devices: readonly Login[];
  /** The bytes of each range that is asked for. */
  readonly rangeBytes: number;
}

/** What it says in the end: milliseconds. */
export interface UpgradesResult {
  readonly puback: readonly number[];
  readonly answer: readonly number[];
  /** From the first request to the last success. */
  readonly totalMs: number;
}

interface Offer {
  readonly url: string;
  readonly size: number;
}

const { mqttUrl, devices, rangeBytes } = taskOf<UpgradesTask>();
const puback: number[] = [];
const answer: number[] = [];
const fleet = await Promise.all(devices.map(enter));
console.log("ready");
await told();
const started = performance.now();
await Promise.all(fleet.map(({ login, device }) => upgrade(login, device)));
const result: UpgradesResult = { puback, answer, totalMs: performance.now() - started };
console.log(`result ${JSON.stringify(result)}`);
Deno.exit(0);

async function enter(login: Login): Promise<{ login: Login; device: LightDevice }> {
  const device = await LightDevice.connect(mqttUrl, login);
  await device.subscribe();
  // The offer that comes with the subscription; the one that is measured is asked for.
  await device.hears("metadata");
  return { login, device };
}

async function upgrade({ token }: Login, device: LightDevice): Promise<void> {
  const offer: Offer = JSON.parse(
    await ask(device, "request", { current_version: "1.0.0" }, "metadata"),
  );
  const digest = createHash("sha256");
  for (let from = 0; from < offer.size; from += rangeBytes) {
    digest.update(await fetchRange(offer, token, from));
    const said = JSON.stringify({ received: Math.min(from + rangeBytes, offer.size) });
    const sent = performance.now();
    puback.push(await device.report("progress", said) - sent);
  }
  await ask(device, "verify", { checksum: `sha256:${digest.digest("hex")}` }, "success");
  device.close();
}

/** Reports, and waits for both the acknowledgement and the answer. */
async function ask(
  device: LightDevice,
  kind: string,
  body: object,
  answered: string,
): Promise<string> {
  const sent = performance.now();
  const [acknowledgedAt, { at, payload }] = await Promise.all([
    device.report(kind, JSON.stringify(body)),
    device.hears(answered),
  ]);
  puback.push(acknowledgedAt - sent);
  answer.push(at - sent);
  return payload;
}

async function fetchRange({ url, size }: Offer, token: string, from: number) {
  const range = `bytes=${from}-${Math.min(from + rangeBytes, size) - 1}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}`, range } });
  if (response.status !== 206) throw new Error(`${url} ${range}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
