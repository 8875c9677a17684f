/** How long a device waits: from its report to the PUBACK, and to the answer. */
import { randomImage } from "../e2e/house.ts";
import { Child } from "./child.ts";
import { Figures, quantile } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import type { Login } from "./light_device.ts";
import { serve } from "./serve.ts";
import type { BareTask } from "./scripts/bare.ts";
import type { UpgradesResult, UpgradesTask } from "./scripts/upgrades.ts";

/** The devices are spread over so many processes, lest they wait for each other. */
const CLIENTS = 2;
const RANGE_BYTES = 65_536;
const IMAGE_BYTES = 4 * RANGE_BYTES;

/** Whole upgrades, all at once, beside the same against a bare broker that stores nothing. */
export const latency: Measurement = {
  name: "latency",
  summary: "Many upgrades at once: the wait after a report, beside a bare broker's",
  run: async (setting) => {
    const count = setting.isQuick ? 20 : 200;
    const figures = new Figures();
    for (let run = 1; run <= setting.runs; run++) {
      setting.say(`${count} upgrades at once, run ${run}`);
      const bare = await againstBare(count);
      const engine = await againstEngine(`${setting.folder}/latency-${run}`, count);
      compare(figures, engine, bare);
    }
    return figures.list();
  },
};

function compare(figures: Figures, engine: UpgradesResult, bare: UpgradesResult): void {
  for (const what of ["puback", "answer"] as const) {
    for (const share of [0.5, 0.99]) {
      const name = `report to ${what === "puback" ? "PUBACK" : "answer"}, p${share * 100}`;
      const [ours, least] = [quantile(engine[what], share), quantile(bare[what], share)];
      figures.add(name, "ms", ours);
      figures.add(`${name}, bare broker`, "ms", least);
      figures.add(`${name}, ratio`, "×", ours / least);
    }
  }
  figures.add("all upgrades", "ms", engine.totalMs);
  figures.add("all upgrades, ratio", "×", engine.totalMs / bare.totalMs);
}

async function againstBare(count: number): Promise<UpgradesResult> {
  const task: BareTask = { imageBytes: IMAGE_BYTES };
  await using bare = Child.script("bare", task);
  const mqttUrl = /mqtt=(\S+)/.exec(await bare.line("ready "))![1]!;
  const devices = Array.from({ length: count }, (_, i) => ({ id: `d-${i}`, token: "any" }));
  return await upgradeAll(mqttUrl, devices);
}

async function againstEngine(folder: string, count: number): Promise<UpgradesResult> {
  await using engine = await serve(folder);
  const { operator } = engine;
  const checksum = await operator.upload("2.0.0", randomImage(IMAGE_BYTES));
  const ids = Array.from({ length: count }, (_, i) => `d-${i}`);
  const devices = await Promise.all(ids.map(async (id): Promise<Login> => {
    const token = await operator.register(id);
    await operator.order(id, "2.0.0", checksum);
    return { id, token };
  }));
  return await upgradeAll(engine.mqttUrl, devices);
}

/** Several processes with a part of the devices each; they begin together. */
async function upgradeAll(mqttUrl: string, devices: readonly Login[]): Promise<UpgradesResult> {
  const tasks = Array.from({ length: CLIENTS }, (_, client): UpgradesTask => ({
    mqttUrl,
    rangeBytes: RANGE_BYTES,
    devices: devices.filter((_, index) => index % CLIENTS === client),
  }));
  await using stack = new AsyncDisposableStack();
  const clients = tasks.map((task) => stack.use(Child.script("upgrades", task)));
  for (const client of clients) await client.line("ready");
  for (const client of clients) await client.tell("go");
  const results = await Promise.all(
    clients.map(async (c): Promise<UpgradesResult> => JSON.parse(await c.line("result "))),
  );
  return {
    puback: results.flatMap(({ puback }) => puback),
    answer: results.flatMap(({ answer }) => answer),
    totalMs: Math.max(...results.map(({ totalMs }) => totalMs)),
  };
}
