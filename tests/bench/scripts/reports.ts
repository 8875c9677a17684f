/** A script: devices that report progress without a pause, every report worth a fact. */
import { LightDevice } from "../light_device.ts";
import { loginOf } from "../made_log.ts";
import { progressOf } from "../progress.ts";
import { taskOf, told } from "./stdin.ts";

/** What it is told. */
export interface ReportsTask {
  readonly mqttUrl: string;
  /** The numbers of the devices. */
  readonly devices: readonly number[];
  /** Reports of each device. */
  readonly reports: number;
}

/** Reports of one device that are not acknowledged yet. */
const IN_FLIGHT = 8;

const { mqttUrl, devices, reports } = taskOf<ReportsTask>();
const fleet = await Promise.all(devices.map(async (number) => {
  const device = await LightDevice.connect(mqttUrl, loginOf(number));
  await device.subscribe();
  return device;
}));
console.log("ready");
await told();
await Promise.all(fleet.map(report));
console.log("done");
Deno.exit(0);

async function report(device: LightDevice): Promise<void> {
  const waiting: Promise<number>[] = [];
  for (let index = 0; index < reports; index++) {
    if (waiting.length === IN_FLIGHT) await waiting.shift();
    waiting.push(device.report("progress", JSON.stringify(progressOf(index))));
  }
  await Promise.all(waiting);
}
