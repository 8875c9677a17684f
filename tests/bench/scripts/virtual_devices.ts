/** A script: virtual devices that all fetch what they are offered; says how it ended for each. */
import { VirtualDevice } from "../../../adapters/device/mod.ts";
import type { DeviceEnd } from "../../../adapters/device/mod.ts";
import { loginOf } from "../made_log.ts";
import { taskOf } from "./stdin.ts";

/** What it is told. */
export interface VirtualDevicesTask {
  readonly mqttUrl: string;
  readonly httpUrl: string;
  readonly folder: string;
  /** The numbers of the devices. */
  readonly from: number;
  readonly count: number;
  /** They begin one after the other, in so many milliseconds. */
  readonly withinMs: number;
}

/** What it says in the end. */
export interface VirtualDevicesResult {
  readonly succeeded: number;
  /** Bytes that came, and those of them that were there already. */
  readonly bytes: number;
  readonly repeated: number;
  readonly switches: number;
}

const { mqttUrl, httpUrl, folder, from, count, withinMs } = taskOf<VirtualDevicesTask>();
const ends = await Promise.all(Array.from({ length: count }, (_, n) => upgrade(n)));
const sum = (of: (stats: DeviceEnd["stats"]) => number) =>
  ends.reduce((so, { stats }) => so + of(stats), 0);
const result: VirtualDevicesResult = {
  succeeded: ends.filter(({ outcome }) => outcome === "succeeded").length,
  bytes: sum(({ bytesFetched }) => bytesFetched),
  repeated: sum(({ repeated }) => repeated),
  switches: sum(({ switches }) => switches),
};
console.log(`result ${JSON.stringify(result)}`);
Deno.exit(0);

async function upgrade(n: number): Promise<DeviceEnd> {
  await new Promise((resolve) => setTimeout(resolve, withinMs * n / count));
  const device = new VirtualDevice({
    ...loginOf(from + n),
    ...{ mqttUrl, httpUrl, folder, version: "1.0.0" },
  });
  const end = await device.run();
  console.log("done");
  return end;
}
