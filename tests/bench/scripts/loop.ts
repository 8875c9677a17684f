/**
 * A script: the broker before the engine's loop and its store, as in `serve` but without HTTP, and
 * with a look at each commit; or the broker alone, before somebody who says yes to everything.
 */
import process from "node:process";
import type { EngineApi, Observer } from "../../../core/engine/mod.ts";
import { createBroker } from "../../../adapters/mqtt/mod.ts";
import { TOPIC_PREFIX } from "../../../core/mod.ts";
import { yesEngine } from "../yes_engine.ts";
import { loginOf, nameFirmware, order, quietEngine, register } from "../made_log.ts";
import { onLine, taskOf } from "./stdin.ts";

/** What it is told. */
export interface LoopTask {
  /** The data folder; `null`: the broker alone. */
  readonly data: string | null;
  readonly devices: number;
}

/** What it says when it is asked: since it was asked last. */
export interface LoopResult {
  readonly commits: number;
  readonly rows: number;
  /** CPU time of this process, all threads. */
  readonly cpuSeconds: number;
}

const { data, devices } = taskOf<LoopTask>();
let [commits, rows, cpu] = [0, 0, process.cpuUsage()];
const observer: Observer = {
  committed: (batch) => {
    commits++;
    rows += batch.rows;
  },
};
const options = { host: "127.0.0.1", port: 0, prefix: TOPIC_PREFIX };
const broker = createBroker({ ...options, authenticate: () => Promise.resolve(true) });
const { port } = await broker.listen(data === null ? yesEngine() : await makeEngine(data));
console.log(`ready mqtt://127.0.0.1:${port}`);
await onLine(() => {
  const { user, system } = process.cpuUsage(cpu);
  const result: LoopResult = { commits, rows, cpuSeconds: (user + system) / 1e6 };
  [commits, rows, cpu] = [0, 0, process.cpuUsage()];
  console.log(`result ${JSON.stringify(result)}`);
});

/** An engine where every device has an upgrade to take. */
async function makeEngine(folder: string): Promise<EngineApi> {
  const { engine } = await quietEngine(folder, observer);
  const logins = Array.from({ length: devices }, (_, number) => loginOf(number));
  await nameFirmware(engine);
  await register(engine, logins);
  await Promise.all(logins.map(({ id }) => order(engine, id)));
  return engine;
}
