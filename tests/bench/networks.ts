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
import { StartLine } from "./weather/start_line.ts";
import { BYTES, ENDED, RATIO, SWITCHES, table, TIME } from "./weather/table.ts";

const modes: readonly Mode[] = ["http", "mqtt", "auto"];
/** A run has as many of its own. */
const SEEDS = 100;
/** Small numbers: some networks, each for a few seconds. */
const QUICK = { names: ["clear", "changing"], scale: 1 / 6 };

/** So many devices at once are far from what a core can do. */
const DEVICES_AT_ONCE = 40;

/** Side by side runs what is compared, and as many networks as do not disturb each other. */
export const networks: Measurement = {
  name: "networks",
  summary: "An image through bad networks: over HTTP, over MQTT, and as is recommended",
  table,
  run: async ({ isQuick, runs, say }) => {
    const chosen = isQuick
      ? all.filter(({ name }) => QUICK.names.includes(name)).map((one) => scaled(one, QUICK.scale))
      : all;
    const figures = new Figures();
    for (const some of batches(chosen, runs)) {
      say(some.map(({ name, summary }) => `${name}: ${summary}`).join("; "));
      const start = new StartLine(devicesIn(some, runs));
      const results = some.map((network) =>
        Promise.all(Array.from({ length: runs }, (_, run) => raceAll(network, run, start)))
      );
      for (const [n, result] of (await Promise.all(results)).entries()) {
        for (const one of result) addTo(figures, some[n]!, one);
      }
    }
    return figures.list();
  },
};

/** Neighbours, as many as may run at once. */
function batches(networks: readonly Network[], runs: number): Network[][] {
  const found: Network[][] = [];
  for (const network of networks) {
    const last = found.at(-1);
    if (last && devicesIn([...last, network], runs) <= DEVICES_AT_ONCE) last.push(network);
    else found.push([network]);
  }
  return found;
}

function devicesIn(some: readonly Network[], runs: number): number {
  return some.reduce((sum, { devices = 1 }) => sum + devices * modes.length * runs, 0);
}

type Result = Readonly<Record<Mode, readonly Fetched[]>>;

async function raceAll(network: Network, run: number, start: StartLine): Promise<Result> {
  const raced = modes.map((mode) => race(network, mode, SEEDS * (run + 1), start));
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
    add(ENDED, "", ({ end, isRight }) => Number(end !== undefined && isRight));
  }
  figures.add(`${name}, ${RATIO}`, "×", msOf("auto") / Math.min(msOf("http"), msOf("mqtt")));
}
