/** A script: devices come one after the other, ask whether there is something for them, and go. */
import { LightDevice } from "../light_device.ts";
import { loginOf } from "../made_log.ts";
import { taskOf } from "./stdin.ts";

/** What it is told. */
export interface VisitsTask {
  readonly mqttUrl: string;
  readonly count: number;
}

/** Connections at once. */
const AT_ONCE = 50;

const { mqttUrl, count } = taskOf<VisitsTask>();
const started = performance.now();
let next = 0;
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let number = next++; number < count; number = next++) await visit(number);
}));
console.log(`seconds ${(performance.now() - started) / 1000}`);

async function visit(number: number): Promise<void> {
  const device = await LightDevice.connect(mqttUrl, loginOf(number));
  await device.subscribe();
  await Promise.all([device.report("request", "{}"), device.hears("idle")]);
  device.close();
}
