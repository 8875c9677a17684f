/**
 * How fast the engine takes what a broker has kept for it, committing everything, beside a bare client
 * of the library's that stores nothing; and beside the link without the engine and the engine without
 * the link, which say where the time goes.
 */
import { Mosquitto } from "../support/mosquitto.ts";
import { Child } from "./child.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { LightDevice } from "./light_device.ts";
import { loginOf } from "./made_log.ts";
import { progressOf } from "./progress.ts";
import type { TakerResult, TakerTask } from "./scripts/taker.ts";

/** Everything is kept until it is taken, and acknowledged without a pause. */
const SETTINGS = [
  "allow_anonymous true",
  "max_queued_messages 0",
  "max_inflight_messages 1024",
  "set_tcp_nodelay true",
];

/** Reports of one device that are not acknowledged yet. */
const IN_FLIGHT = 8;

/** What is kept for each of those who take it. */
interface Load {
  readonly devices: number;
  readonly reports: number;
}

const takers = {
  library: "bare client, storing nothing",
  link: "link, nobody behind it",
  direct: "engine, no broker before it",
  engine: "engine, committing everything",
} as const;

/** A bare client, the link alone, the engine alone, the whole. */
export const broker: Measurement = {
  name: "broker",
  needs: ["mosquitto"],
  summary: "Facts per second from Mosquitto, beside a client that stores nothing",
  run: async ({ isQuick, runs, folder, say }) => {
    const load = isQuick ? { devices: 20, reports: 50 } : { devices: 100, reports: 200 };
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      const rates = new Map<string, number>();
      for (const how of Object.keys(takers) as (keyof typeof takers)[]) {
        say(`${load.devices * load.reports} messages to ${takers[how]}, run ${run}`);
        const data = await Deno.makeTempDir({ dir: folder });
        const rate = await takeAll(how, data, load);
        rates.set(how, rate);
        figures.add(takers[how], "messages/s", rate);
      }
      figures.add(
        "engine, share of it without a broker",
        "%",
        100 * rates.get("engine")! / rates.get("direct")!,
      );
      for (const how of ["link", "engine"] as const) {
        figures.add(
          `${how}, to the bare client`,
          "×",
          rates.get(how)! / rates.get("library")!,
        );
      }
    }
    return figures.list();
  },
};

/** Messages per second. @throws {Error} unless every report became a fact. */
async function takeAll(how: TakerTask["how"], folder: string, load: Load): Promise<number> {
  const { devices, reports } = load;
  const count = devices * reports;
  await using mosquitto = await Mosquitto.withSettings(folder, SETTINGS);
  const [port] = mosquitto.ports;
  const task: TakerTask = { port: port!, how, data: `${folder}/data`, devices, count };
  await using taker = Child.script("taker", task);
  await taker.line("ready");
  if (how !== "direct") await publishAll(mosquitto.url(), load);
  await taker.tell("go");
  const { seconds, rows }: TakerResult = JSON.parse(await taker.line("result "));
  if ((how === "engine" || how === "direct") && rows < count) {
    throw new Error(`Only ${rows} of ${count} became facts.`);
  }
  return count / seconds;
}

async function publishAll(url: string, { devices, reports }: Load): Promise<void> {
  await Promise.all(Array.from({ length: devices }, async (_, number) => {
    const device = await LightDevice.connect(url, loginOf(number));
    const waiting: Promise<number>[] = [];
    for (let index = 0; index < reports; index++) {
      if (waiting.length === IN_FLIGHT) await waiting.shift();
      waiting.push(device.report("progress", JSON.stringify(progressOf(index))));
    }
    await Promise.all(waiting);
    device.close();
  }));
}
