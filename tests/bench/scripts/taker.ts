/**
 * A script: takes what a broker has kept for it. Once as a bare client of the library's that stores
 * nothing, once as the engine's link with nobody behind it, once as the whole engine, which commits;
 * and once as the engine without a broker, handed the same reports by nobody but itself.
 */
import mqtt from "mqtt";
import type { EngineApi, Input } from "../../../core/engine/mod.ts";
import { TOPIC_PREFIX } from "../../../core/mod.ts";
import { BrokerLink } from "../../../adapters/mqtt/mod.ts";
import { loginOf, nameFirmware, order, quietEngine, register, reportOf } from "../made_log.ts";
import { progressOf } from "../progress.ts";
import { yesEngine } from "../yes_engine.ts";
import { onLine, taskOf } from "./stdin.ts";

/** What it is told. */
export interface TakerTask {
  readonly port: number;
  readonly how: "library" | "link" | "engine" | "direct";
  /** The engine's data folder. */
  readonly data: string;
  readonly devices: number;
  /** Messages that will be there. */
  readonly count: number;
}

/** What it says when it has taken everything. */
export interface TakerResult {
  readonly seconds: number;
  readonly rows: number;
}

/** One that takes messages until it is closed; `take` resolves when it has taken them all. */
interface Taker {
  take(): Promise<void>;
  close(): Promise<void>;
}

/** Reports that the engine has at once, as many as the link would give it. */
const TOGETHER = 2_048;

const task = taskOf<TakerTask>();
let [taken, rows, done] = [0, 0, Promise.withResolvers<void>()];

function note(): void {
  if (++taken === task.count) done.resolve();
}

const openers = {
  library: () => library,
  link: linkOpener,
  engine: linkOpener,
  direct: directOpener,
};
const open = await openers[task.how]();
// The session is made, and what comes meanwhile is kept.
const first = await open();
await first.close();
console.log("ready");
await onLine(async () => {
  [taken, rows, done] = [0, 0, Promise.withResolvers<void>()];
  const started = performance.now();
  const taker = await open();
  await taker.take();
  const result: TakerResult = { seconds: (performance.now() - started) / 1_000, rows };
  await taker.close();
  console.log(`result ${JSON.stringify(result)}`);
});

async function library(): Promise<Taker> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${task.port}`, {
    clientId: "bare",
    clean: false,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: 3_600, receiveMaximum: 1_024 },
  });
  client.on("message", note);
  await new Promise((resolve) => client.once("connect", resolve));
  await client.subscribeAsync(`${TOPIC_PREFIX}/+/progress`, { qos: 1 });
  return { take: () => done.promise, close: () => client.endAsync() };
}

async function linkOpener(): Promise<() => Promise<Taker>> {
  const engine = task.how === "engine" ? await makeEngine() : yesEngine(noteReport);
  return async () => {
    const up = Promise.withResolvers<void>();
    const link = new BrokerLink({
      broker: { host: "127.0.0.1", port: task.port, isTls: false },
      versions: [5],
      prefix: TOPIC_PREFIX,
      clientId: `bench${task.how}`,
      knownPackets: () => Promise.resolve([]),
      session: { name: "first", renew: () => Promise.resolve() },
      onTrouble: (sentence) => console.error(sentence),
      onUp: () => up.resolve(),
    });
    await link.open(engine);
    await up.promise;
    return { take: () => done.promise, close: () => link.close() };
  };
}

async function directOpener(): Promise<() => Promise<Taker>> {
  const engine = await makeEngine();
  const reportsOf = (from: number) =>
    Array.from({ length: Math.min(TOGETHER, task.count - from) }, (_, n) => {
      const [device, index] = [(from + n) % task.devices, Math.floor((from + n) / task.devices)];
      return engine.submit(reportOf(loginOf(device).id, "progress", progressOf(index)));
    });
  const take = async () => {
    for (let from = 0; from < task.count; from += TOGETHER) await Promise.all(reportsOf(from));
  };
  return () => Promise.resolve({ take, close: () => Promise.resolve() });
}

function noteReport({ kind }: Pick<Input, "kind">): void {
  if (kind === "report") note();
}

/** An engine where every device has an upgrade to take. */
async function makeEngine(): Promise<EngineApi> {
  const { engine } = await quietEngine(task.data, {
    decided: noteReport,
    committed: (batch) => void (rows += batch.rows),
  });
  const logins = Array.from({ length: task.devices }, (_, number) => loginOf(number));
  await nameFirmware(engine);
  await register(engine, logins);
  for (const { id: device } of logins) {
    await order(engine, device);
    await engine.submit({ kind: "contact", device, contact: "listening" });
  }
  return engine;
}
