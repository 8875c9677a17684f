/**
 * How an image comes through bad networks: over HTTP alone, over MQTT alone, and by whichever way the engine
 * recommends. What counts is how much longer the last takes than the better of the other two.
 */
import { Figures, mean } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import type { Fetched, Mode } from "../e2e/weather_fleet.ts";
import { idealMs, networks as all, scaled } from "./weather/network.ts";
import type { Network } from "./weather/network.ts";
import { race } from "./weather/race.ts";
import { BYTES, ENDED, RATIO, SWITCHES, table, TIME } from "./weather/table.ts";

const modes: readonly Mode[] = ["http", "mqtt", "auto"];
/** Who takes so many times as long as would be ideal is not waited for. */
const LIMIT = 2.5;

/** Small numbers: some networks, each for a few seconds. */
const QUICK = { names: ["clear", "changing"], scale: 1 / 6 };

/** All networks one after the other; in each, all that is compared runs side by side. */
export const networks: Measurement = {
  name: "networks",
  summary: "An image through bad networks: over HTTP, over MQTT, and as is recommended",
  table,
  run: async ({ isQuick, runs, say }) => {
    const chosen = isQuick
      ? all.filter(({ name }) => QUICK.names.includes(name)).map((one) => scaled(one, QUICK.scale))
      : all;
    const figures = new Figures();
    for (const network of chosen) {
      say(`${network.name}, ${network.summary}`);
      const results = Array.from({ length: runs }, (_, run) => raceAll(network, 100 * (run + 1)));
      for (const result of await Promise.all(results)) addTo(figures, network, result);
    }
    return figures.list();
  },
};

type Result = Readonly<Record<Mode, readonly Fetched[]>>;

async function raceAll(network: Network, seed: number): Promise<Result> {
  const limitMs = LIMIT * idealMs(network);
  const raced = modes.map((mode) => race(network, mode, seed, limitMs));
  const [http, mqtt, auto] = await Promise.all(raced);
  return { http: http!, mqtt: mqtt!, auto: auto! };
}

function addTo(figures: Figures, network: Network, result: Result): void {
  const { name, imageBytes } = network;
  const msOf = (mode: Mode) => mean(result[mode].map(({ ms }) => ms));
  for (const mode of modes) {
    const all = result[mode];
    const add = (what: string, unit: string, of: (one: Fetched) => number) =>
      figures.add(`${name}, ${mode}, ${what}`, unit, mean(all.map(of)));
    add(BYTES, "×", ({ stats }) => stats.bytesFetched / imageBytes);
    add(TIME, "×", ({ ms }) => ms / idealMs(network));
    add(SWITCHES, "", ({ switched }) => switched.length);
    add(ENDED, "", ({ isRight }) => Number(isRight));
  }
  figures.add(`${name}, ${RATIO}`, "×", msOf("auto") / Math.min(msOf("http"), msOf("mqtt")));
}
