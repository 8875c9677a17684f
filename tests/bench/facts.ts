/**
 * Facts per second through the whole path, MQTT in, decided, committed, acknowledged; and what each
 * stage of it can do when it is alone, which says where the time goes.
 */
import { Child } from "./child.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import type { LoopResult, LoopTask } from "./scripts/loop.ts";
import type { ReportsTask } from "./scripts/reports.ts";
import { appendsOf, loopAlone, stepsAlone, storeAlone } from "./stages.ts";

/** The devices are spread over so many processes, lest they wait for each other. */
const CLIENTS = 2;

/** The whole path, the broker alone, the loop alone, the store alone. */
export const facts: Measurement = {
  name: "facts",
  summary: "Facts per second, from MQTT to the PUBACK after the commit; each stage's share",
  run: async ({ isQuick, runs, folder, say }) => {
    // Below what one device may report at once, or reports would be refused instead of recorded.
    const [devices, reports] = isQuick ? [20, 50] : [250, 200];
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      say(`${devices * reports} facts, run ${run}`);
      const whole = await flood({ data: `${folder}/whole-${run}`, devices }, reports);
      const hop = await flood({ data: null, devices }, reports);
      const batch = Math.round(whole.rows / whole.commits);
      const load = { devices, reports, batch };
      const loop = await loopAlone(load);
      const store = await storeAlone(`${folder}/store-${run}`, await appendsOf(load));
      const steps = stepsAlone(load);
      figures.add("whole path", "facts/s", whole.rate);
      figures.add("rows in a commit", "rows", batch);
      const stages = {
        // Its CPU time: the clients that it needs share the processors with it.
        "broker hop": hop.cpuRate,
        "engine's loop": loop,
        "core steps (in the loop)": steps,
        "SQLite append": store,
      };
      for (const [stage, rate] of Object.entries(stages)) {
        figures.add(`${stage}, alone`, "facts/s", rate);
        figures.add(`${stage}, share of the whole`, "%", 100 * whole.rate / rate);
      }
    }
    return figures.list();
  },
};

interface Flood extends LoopResult {
  /** Facts per second. */
  readonly rate: number;
  /** Facts per second of the CPU time of the engine's process. */
  readonly cpuRate: number;
}

/** Lets all devices report at once. @throws {Error} unless every report became a fact. */
async function flood(task: LoopTask, reports: number): Promise<Flood> {
  await using stack = new AsyncDisposableStack();
  const loop = stack.use(Child.script("loop", task));
  const mqttUrl = await loop.line("ready ");
  const clients = Array.from({ length: CLIENTS }, (_, client) => {
    const numbers = Array.from({ length: task.devices }, (_, number) => number);
    const devices = numbers.filter((number) => number % CLIENTS === client);
    const told: ReportsTask = { mqttUrl, devices, reports };
    return stack.use(Child.script("reports", told));
  });
  for (const client of clients) await client.line("ready");
  await loop.tell("begin");
  await loop.line("result ");
  const started = performance.now();
  for (const client of clients) await client.tell("go");
  for (const client of clients) await client.line("done");
  const seconds = (performance.now() - started) / 1000;
  await loop.tell("end");
  const result: LoopResult = JSON.parse(await loop.line("result "));
  const count = task.devices * reports;
  if (task.data !== null && result.rows < count) {
    throw new Error(`Only ${result.rows} of ${count} reports became facts.`);
  }
  return { ...result, rate: count / seconds, cpuRate: count / result.cpuSeconds };
}
